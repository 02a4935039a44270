# SPDX-License-Identifier: Apache-2.0
"""PCI devices of hosts, what servers want of them, and what they have."""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')
DOCUMENT = sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql', 'mariadb')
COLUMNS = (('compute_nodes', 'pci_stats'), ('allocations', 'pci_requests'), ('instances', 'pci_requests'),
           ('instances', 'pci_devices'))


def upgrade():
    op.create_table(
        'pci_devices', sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('compute_node_id', sa.Integer(), nullable=False),
        sa.Column('address', sa.String(12), nullable=False), sa.Column('vendor_id', sa.String(4), nullable=False),
        sa.Column('product_id', sa.String(4), nullable=False), sa.Column('dev_type', sa.String(8), nullable=False),
        sa.Column('dev_id', sa.String(255)), sa.Column('label', sa.String(255)),
        sa.Column('status', sa.String(36), nullable=False), sa.Column('numa_node', sa.Integer()),
        sa.Column('parent_addr', sa.String(12)), sa.Column('request_id', sa.String(36)),
        sa.Column('instance_uuid', sa.String(36)), sa.Column('allocation_id', sa.Integer()),
        sa.Column('extra_info', DOCUMENT), sa.Column('created_at', TIME), sa.Column('updated_at', TIME),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_pci_devices')),
        sa.UniqueConstraint('compute_node_id', 'address', name=op.f('uq_pci_devices_compute_node_id_address')),
        mysql_engine='InnoDB', mysql_charset='utf8mb4', sqlite_autoincrement=True)
    op.create_index('ix_pci_devices_instance_uuid', 'pci_devices', ['instance_uuid'])
    op.create_index('ix_pci_devices_allocation_id', 'pci_devices', ['allocation_id'])
    for table, column in COLUMNS:
        op.add_column(table, sa.Column(column, DOCUMENT))


def downgrade():
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column)
    op.drop_table('pci_devices')
