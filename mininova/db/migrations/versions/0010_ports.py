# SPDX-License-Identifier: Apache-2.0
"""Cards that are ports of a network service: whether the port outlives the server."""
import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('virtual_interfaces', sa.Column('preserve_on_delete', sa.Boolean(), nullable=False,
                                                  server_default=sa.false()))


def downgrade():
    op.drop_column('virtual_interfaces', 'preserve_on_delete')
