# SPDX-License-Identifier: Apache-2.0
"""Floating addresses: public ones that lead to guests' own."""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')


def upgrade():
    op.create_table(
        'floating_ips', sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('uuid', sa.String(36), nullable=False), sa.Column('address', sa.String(39), nullable=False),
        sa.Column('pool', sa.String(255), nullable=False), sa.Column('interface', sa.String(255)),
        sa.Column('project_id', sa.String(255)), sa.Column('fixed_ip_id', sa.Integer()),
        sa.Column('auto_assigned', sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column('created_at', TIME), sa.Column('updated_at', TIME),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_floating_ips')),
        sa.UniqueConstraint('uuid', name=op.f('uq_floating_ips_uuid')),
        sa.UniqueConstraint('address', name=op.f('uq_floating_ips_address')),
        mysql_engine='InnoDB', mysql_charset='utf8mb4', sqlite_autoincrement=True)
    op.create_index('ix_floating_ips_project_id', 'floating_ips', ['project_id'])
    op.create_index('ix_floating_ips_fixed_ip_id', 'floating_ips', ['fixed_ip_id'])
    op.create_index('ix_floating_ips_pool_project_id', 'floating_ips', ['pool', 'project_id'])


def downgrade():
    op.drop_table('floating_ips')
