# SPDX-License-Identifier: Apache-2.0
"""Who may open which console until when; what is being done to a card; the order of a card's addresses."""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')


def upgrade():
    op.create_table(
        'console_auth_tokens', sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('token_hash', sa.String(64), nullable=False), sa.Column('console_type', sa.String(32)),
        sa.Column('host', sa.String(255)), sa.Column('port', sa.Integer()), sa.Column('tls_port', sa.Integer()),
        sa.Column('internal_access_path', sa.String(255)), sa.Column('instance_uuid', sa.String(36), nullable=False),
        sa.Column('compute_host', sa.String(255)), sa.Column('access_url_base', sa.String(255)),
        sa.Column('expires_at', TIME, nullable=False), sa.Column('created_at', TIME), sa.Column('updated_at', TIME),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_console_auth_tokens')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_console_auth_tokens_token_hash')),
        mysql_engine='InnoDB', mysql_charset='utf8mb4', sqlite_autoincrement=True)
    op.create_index('ix_console_auth_tokens_instance_uuid', 'console_auth_tokens', ['instance_uuid'])
    op.create_index('ix_console_auth_tokens_expires_at', 'console_auth_tokens', ['expires_at'])
    op.add_column('virtual_interfaces', sa.Column('task', sa.String(16)))
    op.add_column('fixed_ips', sa.Column('position', sa.Integer(), server_default='0'))


def downgrade():
    op.drop_column('fixed_ips', 'position')
    op.drop_column('virtual_interfaces', 'task')
    op.drop_table('console_auth_tokens')
