# SPDX-License-Identifier: Apache-2.0
"""The tables.  Nova: nova/db/main/models.py and nova/db/api/models.py.

Plain ``Table`` objects: rows are read and written with SQL expressions, no object is built for them
here.  Times are UTC without zone, microseconds kept.  Units: ``*_mb`` MiB, ``*_gb`` GiB.
"""
import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

metadata = sa.MetaData(naming_convention={
    'ix': 'ix_%(table_name)s_%(column_0_N_name)s', 'uq': 'uq_%(table_name)s_%(column_0_N_name)s',
    'fk': 'fk_%(table_name)s_%(column_0_name)s', 'pk': 'pk_%(table_name)s'})

BigText = sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql', 'mariadb')
Time = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')
# Tags, metadata keys and flavor ids differ by case, as in Nova.
Exact = sa.String(255).with_variant(mysql.VARCHAR(255, collation='utf8mb4_bin'), 'mysql', 'mariadb')


class Json(sa.TypeDecorator):
    """A JSON document in a text column; None stays NULL."""
    impl = BigText
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else _dumps(value)

    def process_result_value(self, value, dialect):
        return None if value is None else _loads(value)


def _dumps(value):
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


_loads = orjson.loads


def _table(name, *items, soft_delete=False, **kwargs):
    columns = [item for item in items if isinstance(item, sa.Column)]
    constraints = [item for item in items if not isinstance(item, sa.Column)]
    stamps = [sa.Column('created_at', Time), sa.Column('updated_at', Time)]
    if soft_delete:
        stamps += [sa.Column('deleted_at', Time), sa.Column('deleted', sa.Integer, nullable=False, server_default='0')]
    # SQLite would give a deleted row's id to the next one; nobody who remembers ids may be deceived by that.
    return sa.Table(name, metadata, sa.Column('id', sa.Integer, primary_key=True, autoincrement=True),
                    *columns, *stamps, *constraints, mysql_engine='InnoDB', mysql_charset='utf8mb4',
                    sqlite_autoincrement=True, **kwargs)


def _text(name, length=255, **kwargs):
    return sa.Column(name, sa.String(length), **kwargs)


def _integer(name, **kwargs):
    return sa.Column(name, sa.Integer, **kwargs)


def _flag(name, default=False):
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.true() if default else sa.false())


instances = _table(
    'instances', _text('uuid', 36, nullable=False, unique=True), _text('user_id'), _text('project_id'),
    _text('image_ref'), _text('kernel_id'), _text('ramdisk_id'), _text('hostname'), _integer('launch_index'),
    _text('key_name'), sa.Column('key_data', BigText), _text('key_type'),
    _integer('power_state'), _text('vm_state'), _text('task_state'),
    _integer('vcpus'), _integer('memory_mb'), _integer('root_gb'), _integer('ephemeral_gb'), _text('host'),
    _text('node'),
    sa.Column('user_data', BigText), _text('reservation_id'), sa.Column('launched_at', Time),
    sa.Column('terminated_at', Time), _text('availability_zone'), _text('display_name'), _text('display_description'),
    _text('launched_on'), _flag('locked'), _text('locked_by'), _text('os_type'), _text('architecture'),
    _text('root_device_name'), _text('default_ephemeral_device'), _text('default_swap_device'), _text('config_drive'),
    _text('access_ip_v4', 39), _text('access_ip_v6', 39), _flag('auto_disk_config'), _integer('progress'),
    _text('ephemeral_key_uuid', 36), _text('flavorid'), sa.Column('flavor', Json), sa.Column('system_metadata', Json),
    sa.Column('network_info', Json), sa.Column('numa_topology', Json), sa.Column('pci_requests', Json),
    sa.Column('pci_devices', Json), sa.Column('device_metadata', Json),
    _text('action_id', 36), _text('owner', 36),
    _integer('build_attempt', server_default='0'),
    sa.Index('ix_instances_project_id_deleted', 'project_id', 'deleted'),
    sa.Index('ix_instances_host_deleted', 'host', 'deleted'),
    sa.Index('ix_instances_deleted_created_at', 'deleted', 'created_at'),
    sa.Index('ix_instances_task_state', 'task_state'),
    sa.Index('ix_instances_updated_at_project_id', 'updated_at', 'project_id'),
    sa.Index('ix_instances_reservation_id', 'reservation_id'), soft_delete=True)

instance_metadata = _table(
    'instance_metadata', _text('instance_uuid', 36, nullable=False), sa.Column('key', Exact),
    sa.Column('value', sa.String(255)),
    sa.UniqueConstraint('instance_uuid', 'key'))

instance_tags = sa.Table(
    'tags', metadata, sa.Column('resource_id', sa.String(36), primary_key=True),
    sa.Column('tag', sa.String(80).with_variant(mysql.VARCHAR(80, collation='utf8mb4_bin'), 'mysql', 'mariadb'),
              primary_key=True))

request_specs = _table('request_specs', _text('instance_uuid', 36, nullable=False, unique=True),
                       sa.Column('spec', Json),
                       sa.Column('intent', BigText))

scheduling_reports = _table(
    'scheduling_reports', _text('instance_uuid', 36, index=True), _text('request_id', index=True), _text('outcome'),
    _text('selected_host'), sa.Column('summary', BigText), sa.Column('details', Json),
    sa.Index('ix_scheduling_reports_created_at', 'created_at'))

block_device_mapping = _table(
    'block_device_mapping', _text('uuid', 36, unique=True), _text('instance_uuid', 36, index=True),
    _text('source_type'), _text('destination_type'),
    _text('guest_format'), _text('device_type'), _text('disk_bus'), _integer('boot_index'), _text('device_name'),
    _flag('delete_on_termination'), _text('snapshot_id', 36), _text('volume_id', 36), _integer('volume_size'),
    _text('image_id', 36), _flag('no_device'), sa.Column('connection_info', BigText), _text('tag'),
    _text('volume_type'),
    _text('attachment_id', 36))

instance_faults = _table(
    'instance_faults', _text('instance_uuid', 36, index=True), _integer('code', nullable=False),
    sa.Column('message', sa.Text),
    sa.Column('details', BigText), _text('host'))

instance_actions = _table(
    'instance_actions', _text('action'), _text('instance_uuid', 36), _text('request_id'), _text('user_id'),
    _text('project_id'),
    sa.Column('start_time', Time), sa.Column('finish_time', Time), _text('message'), _text('action_id', 36),
    sa.Column('arguments', Json),
    sa.Index('ix_instance_actions_instance_uuid_updated_at', 'instance_uuid', 'updated_at'),
    sa.Index('ix_instance_actions_request_id', 'request_id'))

instance_actions_events = _table(
    'instance_actions_events', _text('event'), _integer('action_id', index=True), sa.Column('start_time', Time),
    sa.Column('finish_time', Time),
    _text('result'), sa.Column('traceback', BigText), _text('host'), sa.Column('details', BigText))

migrations = _table(
    'migrations', _text('uuid', 36, unique=True), _text('instance_uuid', 36, index=True), _text('source_compute'),
    _text('dest_compute'),
    _text('source_node'), _text('dest_node'), _text('dest_host'), _text('status'), _text('migration_type'),
    _integer('old_instance_type_id'), _integer('new_instance_type_id'), _text('user_id'), _text('project_id'),
    _flag('hidden'), sa.Column('memory_total', sa.BigInteger), sa.Column('memory_processed', sa.BigInteger),
    sa.Column('memory_remaining', sa.BigInteger), sa.Column('disk_total', sa.BigInteger),
    sa.Column('disk_processed', sa.BigInteger), sa.Column('disk_remaining', sa.BigInteger),
    _text('action_id', 36), _text('old_vm_state'), sa.Column('old_flavor', Json), sa.Column('new_flavor', Json),
    sa.Column('data', Json), sa.Index('ix_migrations_status', 'status'))

services = _table(
    'services', _text('uuid', 36, unique=True), _text('host', nullable=False), _text('binary', nullable=False),
    _text('topic'),
    _integer('report_count', nullable=False, server_default='0'), _flag('disabled'), _text('disabled_reason'),
    sa.Column('last_seen_up', Time), _flag('forced_down'), _integer('version', server_default='1'),
    sa.UniqueConstraint('host', 'binary'))

workers = _table(
    'workers', _text('uuid', 36, unique=True, nullable=False), _text('binary'), _text('host'), _integer('pid'),
    sa.Column('last_seen', Time))

compute_nodes = _table(
    'compute_nodes', _text('uuid', 36, unique=True), _text('host', nullable=False),
    _text('hypervisor_hostname', nullable=False),
    _integer('vcpus', nullable=False), _integer('memory_mb', nullable=False), _integer('local_gb', nullable=False),
    _integer('reserved_vcpus', server_default='0'), _integer('reserved_memory_mb', server_default='0'),
    _integer('reserved_disk_gb', server_default='0'),
    _integer('vcpus_used', server_default='0'), _integer('memory_mb_used', server_default='0'),
    _integer('local_gb_used', server_default='0'),
    _integer('disk_available_least'), _integer('running_vms', server_default='0'),
    _integer('current_workload', server_default='0'),
    _text('hypervisor_type'), _integer('hypervisor_version'), _text('host_ip', 39), sa.Column('cpu_info', Json),
    sa.Column('supported_instances', Json), sa.Column('stats', Json), _text('uptime'),
    sa.Column('cpu_allocation_ratio', sa.Double), sa.Column('ram_allocation_ratio', sa.Double),
    sa.Column('disk_allocation_ratio', sa.Double), sa.Column('numa_topology', Json), sa.Column('numa_used', Json),
    sa.Column('pci_stats', Json), _integer('generation', nullable=False, server_default='0'),
    sa.UniqueConstraint('host', 'hypervisor_hostname'),
    sa.Index('ix_compute_nodes_generation', 'generation'))

allocations = _table(
    'allocations', _text('instance_uuid', 36, nullable=False), _integer('compute_node_id', nullable=False),
    _text('kind', 16, nullable=False),
    _integer('vcpus', nullable=False), _integer('memory_mb', nullable=False), _integer('disk_gb', nullable=False),
    sa.Column('numa_topology', Json), sa.Column('pci_requests', Json),
    sa.UniqueConstraint('instance_uuid', 'compute_node_id', 'kind'),
    sa.Index('ix_allocations_compute_node_id', 'compute_node_id'))

# A device belongs to a claim; `request_id` says what the server wanted it for.
pci_devices = _table(
    'pci_devices', _integer('compute_node_id', nullable=False), _text('address', 12, nullable=False),
    _text('vendor_id', 4, nullable=False), _text('product_id', 4, nullable=False),
    _text('dev_type', 8, nullable=False), _text('dev_id'), _text('label'), _text('status', 36, nullable=False),
    _integer('numa_node'), _text('parent_addr', 12), _text('request_id', 36), _text('instance_uuid', 36, index=True),
    _integer('allocation_id', index=True), sa.Column('extra_info', Json),
    sa.UniqueConstraint('compute_node_id', 'address'))

flavors = _table(
    'flavors', sa.Column('flavorid', Exact, nullable=False, unique=True),
    sa.Column('name', Exact, nullable=False, unique=True),
    _integer('memory_mb', nullable=False), _integer('vcpus', nullable=False), _integer('root_gb'),
    _integer('ephemeral_gb'), _integer('swap', nullable=False),
    sa.Column('rxtx_factor', sa.Float), _integer('vcpu_weight'), _flag('disabled'), _flag('is_public', True),
    sa.Column('description', sa.Text))

flavor_extra_specs = _table(
    'flavor_extra_specs', _integer('flavor_id', nullable=False), sa.Column('key', Exact, nullable=False),
    _text('value'),
    sa.UniqueConstraint('flavor_id', 'key'))

flavor_projects = _table(
    'flavor_projects', _integer('flavor_id', nullable=False), _text('project_id', nullable=False),
    sa.UniqueConstraint('flavor_id', 'project_id'))

key_pairs = _table(
    'key_pairs', sa.Column('name', Exact, nullable=False), _text('user_id', nullable=False), _text('fingerprint'),
    sa.Column('public_key', BigText),
    _text('type', 16), sa.UniqueConstraint('user_id', 'name'))

quotas = _table(
    'quotas', _text('project_id', nullable=False), _text('user_id', nullable=False, server_default=''),
    _text('resource', nullable=False),
    _integer('hard_limit'), sa.UniqueConstraint('project_id', 'user_id', 'resource'))

quota_classes = _table(
    'quota_classes', _text('class_name', nullable=False), _text('resource', nullable=False), _integer('hard_limit'),
    sa.UniqueConstraint('class_name', 'resource'))

# One row per project or user whose usage is being counted: writers of the same project take turns on it.
quota_locks = sa.Table('quota_locks', metadata, sa.Column('name', sa.String(255), primary_key=True),
                       sa.Column('generation', sa.Integer, nullable=False, server_default='0'))

aggregates = _table('aggregates', _text('uuid', 36, unique=True), _text('name', nullable=False, unique=True))
aggregate_hosts = _table('aggregate_hosts', _text('host', nullable=False), _integer('aggregate_id', nullable=False),
                         sa.UniqueConstraint('host', 'aggregate_id'))
aggregate_metadata = _table('aggregate_metadata', _integer('aggregate_id', nullable=False),
                            _text('key', nullable=False), _text('value'),
                            sa.UniqueConstraint('aggregate_id', 'key'))

instance_groups = _table(
    'instance_groups', _text('uuid', 36, unique=True), _text('name'), _text('user_id'),
    _text('project_id', index=True), _text('policy'),
    sa.Column('rules', Json))
instance_group_member = _table('instance_group_member', _text('instance_uuid', 36, index=True),
                               _integer('group_id', nullable=False),
                               sa.UniqueConstraint('group_id', 'instance_uuid'))

networks = _table(
    'networks', _text('uuid', 36, unique=True), _text('label'), _text('cidr', 43), _text('cidr_v6', 43),
    _text('gateway', 39), _text('gateway_v6', 39),
    _text('bridge'), _text('bridge_interface'), _integer('vlan'), _integer('vni'), _integer('mtu'), _text('dns1', 39),
    _text('dns2', 39),
    _text('dhcp_start', 39), _flag('enable_dhcp', True), _flag('multi_host', True), _flag('injected'),
    _text('project_id', index=True),
    _integer('priority'), _text('host'), _text('dhcp_domain'))

fixed_ips = _table(
    'fixed_ips', _text('address', 39, nullable=False), _integer('network_id', nullable=False),
    _text('virtual_interface_uuid', 36),
    _text('instance_uuid', 36, index=True), _text('host', index=True), _flag('allocated'), _flag('leased'),
    _flag('reserved'), sa.Column('released_at', Time), _integer('position', server_default='0'),
    sa.UniqueConstraint('network_id', 'address'), sa.Index('ix_fixed_ips_address', 'address'))

virtual_interfaces = _table(
    'virtual_interfaces', _text('uuid', 36, unique=True), _text('address', 32, unique=True), _integer('network_id'),
    _text('instance_uuid', 36, index=True),
    _text('tag'), _integer('position', server_default='0'), _text('task', 16), _flag('preserve_on_delete'),
    sa.UniqueConstraint('instance_uuid', 'position'))

# The host that serves an address is the host of its fixed address; there is no other record of it.
floating_ips = _table(
    'floating_ips', _text('uuid', 36, nullable=False, unique=True), _text('address', 39, nullable=False, unique=True),
    _text('pool', nullable=False), _text('interface'), _text('project_id', index=True),
    _integer('fixed_ip_id', index=True), _flag('auto_assigned'),
    sa.Index('ix_floating_ips_pool_project_id', 'pool', 'project_id'))

# `default` is made when a project first needs it; a name is given once in a project.
security_groups = _table(
    'security_groups', _text('uuid', 36, nullable=False, unique=True), sa.Column('name', Exact, nullable=False),
    _text('description'), _text('project_id', nullable=False), _text('user_id'),
    sa.UniqueConstraint('project_id', 'name'))

# What may come in: `protocol` tcp, udp, icmp or NULL for everything; ports, or type and code with -1 for any; from
# `cidr`, or from the members of `group_id`.
security_group_rules = _table(
    'security_group_rules', _text('uuid', 36, nullable=False, unique=True),
    _integer('parent_group_id', nullable=False, index=True), _text('protocol', 5), _integer('from_port'),
    _integer('to_port'), _text('cidr', 43), _integer('group_id', index=True))

# The constraint's name by rule would be longer than MariaDB takes.
security_group_instance_association = _table(
    'security_group_instance_association', _integer('security_group_id', nullable=False),
    _text('instance_uuid', 36, nullable=False, index=True),
    sa.UniqueConstraint('security_group_id', 'instance_uuid', name='uq_security_group_instance_association'))

# Of a token only the hash is kept. `host` and `port` are where a proxy connects, `compute_host` where the server was.
console_auth_tokens = _table(
    'console_auth_tokens', _text('token_hash', 64, nullable=False, unique=True), _text('console_type', 32),
    _text('host'), _integer('port'), _integer('tls_port'), _text('internal_access_path'),
    _text('instance_uuid', 36, nullable=False, index=True), _text('compute_host'), _text('access_url_base'),
    sa.Column('expires_at', Time, nullable=False, index=True))

# `run` is the process that has the task in hand, `marker` the last item it is through with.
task_log = _table(
    'task_log', _text('task_name', 64, nullable=False), _text('host', nullable=False),
    _text('state', 16, nullable=False), sa.Column('period_beginning', Time, nullable=False, index=True),
    sa.Column('period_ending', Time, nullable=False),
    _text('message', nullable=False), _integer('task_items', nullable=False), _integer('errors', nullable=False),
    _text('run', 36), _text('marker', 36),
    sa.UniqueConstraint('task_name', 'host', 'period_beginning', 'period_ending', name='uq_task_log_period'))
