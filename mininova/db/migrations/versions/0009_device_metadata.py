# SPDX-License-Identifier: Apache-2.0
"""Where the hypervisor put a server's cards and disks."""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

DOCUMENT = sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql', 'mariadb')


def upgrade():
    op.add_column('instances', sa.Column('device_metadata', DOCUMENT))


def downgrade():
    op.drop_column('instances', 'device_metadata')
