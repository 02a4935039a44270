# SPDX-License-Identifier: Apache-2.0
"""What periodic tasks did in which period on which host: usage audits."""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')


def upgrade():
    op.create_table(
        'task_log', sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('task_name', sa.String(64), nullable=False), sa.Column('host', sa.String(255), nullable=False),
        sa.Column('state', sa.String(16), nullable=False), sa.Column('period_beginning', TIME, nullable=False),
        sa.Column('period_ending', TIME, nullable=False), sa.Column('message', sa.String(255), nullable=False),
        sa.Column('task_items', sa.Integer(), nullable=False), sa.Column('errors', sa.Integer(), nullable=False),
        sa.Column('run', sa.String(36)), sa.Column('marker', sa.String(36)),
        sa.Column('created_at', TIME), sa.Column('updated_at', TIME),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_task_log')),
        sa.UniqueConstraint('task_name', 'host', 'period_beginning', 'period_ending', name='uq_task_log_period'),
        mysql_engine='InnoDB', mysql_charset='utf8mb4', sqlite_autoincrement=True)
    op.create_index('ix_task_log_period_beginning', 'task_log', ['period_beginning'])


def downgrade():
    op.drop_table('task_log')
