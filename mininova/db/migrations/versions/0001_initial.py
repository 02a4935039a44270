# SPDX-License-Identifier: Apache-2.0
"""The tables of the first release, as they were then: later changes go into later files.

Each column is "name type [key | required] [=default]"; types are those of :data:`TYPES`, or textN and exactN: N
characters, the latter telling upper and lower case apart.
"""
import dataclasses
import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

TYPES = {
    'doc': sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql', 'mariadb'),
    'time': sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb'),
    'plain': sa.Text(), 'flag': sa.Boolean(), 'integer': sa.Integer(), 'big': sa.BigInteger(), 'float': sa.Float(),
    'double': sa.Double(),
}


@dataclasses.dataclass
class Table:
    """:param stamped: it has the columns id, created_at and updated_at"""
    name: str
    columns: str
    unique: list
    indexes: dict
    stamped: bool = True


TABLES = (
    Table('aggregate_hosts', stamped=True, columns="""
        host text255 required; aggregate_id integer required
        """,
        unique=['host aggregate_id'],
        indexes={}),
    Table('aggregate_metadata', stamped=True, columns="""
        aggregate_id integer required; key text255 required; value text255
        """,
        unique=['aggregate_id key'],
        indexes={}),
    Table('aggregates', stamped=True, columns="""
        uuid text36; name text255 required
        """,
        unique=['name', 'uuid'],
        indexes={}),
    Table('allocations', stamped=True, columns="""
        instance_uuid text36 required; compute_node_id integer required; kind text16 required; vcpus integer
        required; memory_mb integer required; disk_gb integer required
        """,
        unique=['instance_uuid compute_node_id kind'],
        indexes={'ix_allocations_compute_node_id': 'compute_node_id'}),
    Table('block_device_mapping', stamped=True, columns="""
        uuid text36; instance_uuid text36; source_type text255; destination_type text255; guest_format
        text255; device_type text255; disk_bus text255; boot_index integer; device_name text255;
        delete_on_termination flag =0; snapshot_id text36; volume_id text36; volume_size integer; image_id
        text36; no_device flag =0; connection_info doc; tag text255; volume_type text255; attachment_id
        text36
        """,
        unique=['uuid'],
        indexes={'ix_block_device_mapping_instance_uuid': 'instance_uuid'}),
    Table('compute_nodes', stamped=True, columns="""
        uuid text36; host text255 required; hypervisor_hostname text255 required; vcpus integer required;
        memory_mb integer required; local_gb integer required; reserved_vcpus integer =0; reserved_memory_mb
        integer =0; reserved_disk_gb integer =0; vcpus_used integer =0; memory_mb_used integer =0;
        local_gb_used integer =0; disk_available_least integer; running_vms integer =0; current_workload
        integer =0; hypervisor_type text255; hypervisor_version integer; host_ip text39; cpu_info doc;
        supported_instances doc; stats doc; uptime text255; cpu_allocation_ratio double; ram_allocation_ratio
        double; disk_allocation_ratio double; generation integer required =0
        """,
        unique=['host hypervisor_hostname', 'uuid'],
        indexes={'ix_compute_nodes_generation': 'generation'}),
    Table('fixed_ips', stamped=True, columns="""
        address text39 required; network_id integer required; virtual_interface_uuid text36; instance_uuid
        text36; host text255; allocated flag =0; leased flag =0; reserved flag =0; released_at time
        """,
        unique=['network_id address'],
        indexes={'ix_fixed_ips_address': 'address', 'ix_fixed_ips_host': 'host',
                 'ix_fixed_ips_instance_uuid': 'instance_uuid'}),
    Table('flavor_extra_specs', stamped=True, columns="""
        flavor_id integer required; key exact255 required; value text255
        """,
        unique=['flavor_id key'],
        indexes={}),
    Table('flavor_projects', stamped=True, columns="""
        flavor_id integer required; project_id text255 required
        """,
        unique=['flavor_id project_id'],
        indexes={}),
    Table('flavors', stamped=True, columns="""
        flavorid exact255 required; name exact255 required; memory_mb integer required; vcpus integer
        required; root_gb integer; ephemeral_gb integer; swap integer required; rxtx_factor float;
        vcpu_weight integer; disabled flag =0; is_public flag =1; description plain
        """,
        unique=['flavorid', 'name'],
        indexes={}),
    Table('instance_actions', stamped=True, columns="""
        action text255; instance_uuid text36; request_id text255; user_id text255; project_id text255;
        start_time time; finish_time time; message text255; action_id text36; arguments doc
        """,
        unique=[],
        indexes={'ix_instance_actions_instance_uuid_updated_at': 'instance_uuid updated_at',
                 'ix_instance_actions_request_id': 'request_id'}),
    Table('instance_actions_events', stamped=True, columns="""
        event text255; action_id integer; start_time time; finish_time time; result text255; traceback doc;
        host text255; details doc
        """,
        unique=[],
        indexes={'ix_instance_actions_events_action_id': 'action_id'}),
    Table('instance_faults', stamped=True, columns="""
        instance_uuid text36; code integer required; message plain; details doc; host text255
        """,
        unique=[],
        indexes={'ix_instance_faults_instance_uuid': 'instance_uuid'}),
    Table('instance_group_member', stamped=True, columns="""
        instance_uuid text36; group_id integer required
        """,
        unique=['group_id instance_uuid'],
        indexes={'ix_instance_group_member_instance_uuid': 'instance_uuid'}),
    Table('instance_groups', stamped=True, columns="""
        uuid text36; name text255; user_id text255; project_id text255; policy text255; rules doc
        """,
        unique=['uuid'],
        indexes={'ix_instance_groups_project_id': 'project_id'}),
    Table('instance_metadata', stamped=True, columns="""
        instance_uuid text36 required; key exact255; value text255
        """,
        unique=['instance_uuid key'],
        indexes={}),
    Table('instances', stamped=True, columns="""
        uuid text36 required; user_id text255; project_id text255; image_ref text255; kernel_id text255;
        ramdisk_id text255; hostname text255; launch_index integer; key_name text255; key_data doc; key_type
        text255; power_state integer; vm_state text255; task_state text255; vcpus integer; memory_mb
        integer; root_gb integer; ephemeral_gb integer; host text255; node text255; user_data doc;
        reservation_id text255; launched_at time; terminated_at time; availability_zone text255;
        display_name text255; display_description text255; launched_on text255; locked flag =0; locked_by
        text255; os_type text255; architecture text255; root_device_name text255; default_ephemeral_device
        text255; default_swap_device text255; config_drive text255; access_ip_v4 text39; access_ip_v6
        text39; auto_disk_config flag =0; progress integer; ephemeral_key_uuid text36; flavorid text255;
        flavor doc; system_metadata doc; network_info doc; action_id text36; owner text36; build_attempt
        integer =0; deleted_at time; deleted integer required =0
        """,
        unique=['uuid'],
        indexes={'ix_instances_deleted_created_at': 'deleted created_at', 'ix_instances_host_deleted': 'host deleted',
                 'ix_instances_project_id_deleted': 'project_id deleted',
                 'ix_instances_reservation_id': 'reservation_id', 'ix_instances_task_state': 'task_state',
                 'ix_instances_updated_at_project_id': 'updated_at project_id'}),
    Table('key_pairs', stamped=True, columns="""
        name exact255 required; user_id text255 required; fingerprint text255; public_key doc; type text16
        """,
        unique=['user_id name'],
        indexes={}),
    Table('migrations', stamped=True, columns="""
        uuid text36; instance_uuid text36; source_compute text255; dest_compute text255; source_node
        text255; dest_node text255; dest_host text255; status text255; migration_type text255;
        old_instance_type_id integer; new_instance_type_id integer; user_id text255; project_id text255;
        hidden flag =0; memory_total big; memory_processed big; memory_remaining big; disk_total big;
        disk_processed big; disk_remaining big
        """,
        unique=['uuid'],
        indexes={'ix_migrations_instance_uuid': 'instance_uuid'}),
    Table('networks', stamped=True, columns="""
        uuid text36; label text255; cidr text43; cidr_v6 text43; gateway text39; gateway_v6 text39; bridge
        text255; bridge_interface text255; vlan integer; vni integer; mtu integer; dns1 text39; dns2 text39;
        dhcp_start text39; enable_dhcp flag =1; multi_host flag =1; injected flag =0; project_id text255;
        priority integer; host text255; dhcp_domain text255
        """,
        unique=['uuid'],
        indexes={'ix_networks_project_id': 'project_id'}),
    Table('quota_classes', stamped=True, columns="""
        class_name text255 required; resource text255 required; hard_limit integer
        """,
        unique=['class_name resource'],
        indexes={}),
    Table('quota_locks', stamped=False, columns="""
        name text255 key; generation integer required =0
        """,
        unique=[],
        indexes={}),
    Table('quotas', stamped=True, columns="""
        project_id text255 required; user_id text255 required =; resource text255 required; hard_limit
        integer
        """,
        unique=['project_id user_id resource'],
        indexes={}),
    Table('request_specs', stamped=True, columns="""
        instance_uuid text36 required; spec doc; intent doc
        """,
        unique=['instance_uuid'],
        indexes={}),
    Table('scheduling_reports', stamped=True, columns="""
        instance_uuid text36; request_id text255; outcome text255; selected_host text255; summary doc;
        details doc
        """,
        unique=[],
        indexes={'ix_scheduling_reports_created_at': 'created_at',
                 'ix_scheduling_reports_instance_uuid': 'instance_uuid',
                 'ix_scheduling_reports_request_id': 'request_id'}),
    Table('services', stamped=True, columns="""
        uuid text36; host text255 required; binary text255 required; topic text255; report_count integer
        required =0; disabled flag =0; disabled_reason text255; last_seen_up time; forced_down flag =0;
        version integer =1
        """,
        unique=['host binary', 'uuid'],
        indexes={}),
    Table('tags', stamped=False, columns="""
        resource_id text36 key; tag exact80 key
        """,
        unique=[],
        indexes={}),
    Table('virtual_interfaces', stamped=True, columns="""
        uuid text36; address text32; network_id integer; instance_uuid text36; tag text255; position integer
        =0
        """,
        unique=['address', 'instance_uuid position', 'uuid'],
        indexes={'ix_virtual_interfaces_instance_uuid': 'instance_uuid'}),
    Table('workers', stamped=True, columns="""
        uuid text36 required; binary text255; host text255; pid integer; last_seen time
        """,
        unique=['uuid'],
        indexes={}),
)


def _type(code):
    if code in TYPES:
        return TYPES[code]
    kind, length = re.fullmatch(r'(text|exact)(\d+)', code).groups()
    plain = sa.String(int(length))
    if kind == 'text':
        return plain
    return plain.with_variant(mysql.VARCHAR(int(length), collation='utf8mb4_bin'), 'mysql', 'mariadb')


def _column(text):
    name, code, *marks = text.split()
    default = next((mark[1:] for mark in marks if mark.startswith('=')), None)
    if default is not None and code == 'flag':
        default = sa.true() if default == '1' else sa.false()
    return sa.Column(name, _type(code), primary_key='key' in marks, server_default=default,
                     nullable=not ({'key', 'required'} & set(marks) or code == 'flag'))


def _create(table):
    columns = [_column(text) for text in table.columns.split(';')]
    if table.stamped:
        columns = [sa.Column('id', sa.Integer, primary_key=True, autoincrement=True), *columns,
                   sa.Column('created_at', TYPES['time']), sa.Column('updated_at', TYPES['time'])]
    uniques = [sa.UniqueConstraint(*names.split(), name=f'uq_{table.name}_{names.replace(" ", "_")}')
               for names in table.unique]
    op.create_table(table.name, *columns, *uniques, mysql_engine='InnoDB', mysql_charset='utf8mb4',
                    sqlite_autoincrement=table.stamped)
    for name, names in table.indexes.items():
        op.create_index(name, table.name, names.split())


def upgrade():
    for table in TABLES:
        _create(table)
