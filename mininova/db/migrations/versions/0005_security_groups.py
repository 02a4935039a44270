# SPDX-License-Identifier: Apache-2.0
"""Security groups. Servers that exist already get the group `default` of their project, as new ones do."""
import datetime
import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')
NAME = sa.String(255).with_variant(mysql.VARCHAR(255, collation='utf8mb4_bin'), 'mysql', 'mariadb')
OPTIONS = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4', 'sqlite_autoincrement': True}


def upgrade():
    groups = op.create_table(
        'security_groups', sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('uuid', sa.String(36), nullable=False), sa.Column('name', NAME, nullable=False),
        sa.Column('description', sa.String(255)), sa.Column('project_id', sa.String(255), nullable=False),
        sa.Column('user_id', sa.String(255)), sa.Column('created_at', TIME), sa.Column('updated_at', TIME),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_security_groups')),
        sa.UniqueConstraint('uuid', name=op.f('uq_security_groups_uuid')),
        sa.UniqueConstraint('project_id', 'name', name=op.f('uq_security_groups_project_id_name')), **OPTIONS)
    rules = op.create_table(
        'security_group_rules', sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('uuid', sa.String(36), nullable=False), sa.Column('parent_group_id', sa.Integer(), nullable=False),
        sa.Column('protocol', sa.String(5)), sa.Column('from_port', sa.Integer()), sa.Column('to_port', sa.Integer()),
        sa.Column('cidr', sa.String(43)), sa.Column('group_id', sa.Integer()), sa.Column('created_at', TIME),
        sa.Column('updated_at', TIME), sa.PrimaryKeyConstraint('id', name=op.f('pk_security_group_rules')),
        sa.UniqueConstraint('uuid', name=op.f('uq_security_group_rules_uuid')), **OPTIONS)
    op.create_index('ix_security_group_rules_parent_group_id', 'security_group_rules', ['parent_group_id'])
    op.create_index('ix_security_group_rules_group_id', 'security_group_rules', ['group_id'])
    members = op.create_table(
        'security_group_instance_association', sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('security_group_id', sa.Integer(), nullable=False),
        sa.Column('instance_uuid', sa.String(36), nullable=False), sa.Column('created_at', TIME),
        sa.Column('updated_at', TIME),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_security_group_instance_association')),
        sa.UniqueConstraint('security_group_id', 'instance_uuid',
                            name=op.f('uq_security_group_instance_association')), **OPTIONS)
    op.create_index('ix_security_group_instance_association_instance_uuid', 'security_group_instance_association',
                    ['instance_uuid'])
    _give_default(op.get_bind(), groups, rules, members)


def _give_default(connection, groups, rules, members):
    """Put every server that is not deleted into a group `default` that lets in what comes from its members."""
    instances = sa.table('instances', sa.column('uuid'), sa.column('project_id'), sa.column('deleted'))
    alive = sa.select(instances.c.uuid, instances.c.project_id).where(instances.c.deleted == 0)
    by_project = {}
    for instance_uuid, project_id in connection.execute(alive):
        by_project.setdefault(project_id or '', []).append(instance_uuid)
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    stamps = {'created_at': now, 'updated_at': now}
    for project_id, uuids in sorted(by_project.items()):
        group_id = connection.execute(groups.insert().values(
            uuid=str(uuid.uuid4()), name='default', description='Default security group', project_id=project_id,
            **stamps)).inserted_primary_key[0]
        connection.execute(rules.insert().values(uuid=str(uuid.uuid4()), parent_group_id=group_id, group_id=group_id,
                                                 **stamps))
        connection.execute(members.insert(), [
            {'security_group_id': group_id, 'instance_uuid': instance_uuid, **stamps} for instance_uuid in uuids])


def downgrade():
    op.drop_table('security_group_instance_association')
    op.drop_table('security_group_rules')
    op.drop_table('security_groups')
