# SPDX-License-Identifier: Apache-2.0
"""What a server needs on its way between hosts and sizes."""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

DOCUMENT = sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql', 'mariadb')
COLUMNS = {'action_id': sa.String(36), 'old_vm_state': sa.String(255), 'old_flavor': DOCUMENT, 'new_flavor': DOCUMENT,
           'data': DOCUMENT}


def upgrade():
    for name, kind in COLUMNS.items():
        op.add_column('migrations', sa.Column(name, kind))
    op.create_index('ix_migrations_status', 'migrations', ['status'])


def downgrade():
    op.drop_index('ix_migrations_status', 'migrations')
    for name in COLUMNS:
        op.drop_column('migrations', name)
