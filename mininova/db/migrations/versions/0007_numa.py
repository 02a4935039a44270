# SPDX-License-Identifier: Apache-2.0
"""NUMA cells of hosts, what is used of them, and what of them servers have."""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

DOCUMENT = sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql', 'mariadb')
COLUMNS = (('compute_nodes', 'numa_topology'), ('compute_nodes', 'numa_used'), ('allocations', 'numa_topology'),
           ('instances', 'numa_topology'))


def upgrade():
    for table, column in COLUMNS:
        op.add_column(table, sa.Column(column, DOCUMENT))


def downgrade():
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column)
