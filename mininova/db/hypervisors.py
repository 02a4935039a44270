# SPDX-License-Identifier: Apache-2.0
"""Compute nodes together with the services that report them, for /os-hypervisors.

A node whose service record is gone is not shown: nobody speaks for it any more.  Nova: compute_node_* of
nova/db/main/api.py.
"""
import sqlalchemy as sa

from mininova.db import models, services, session

NODES = models.compute_nodes
SERVICES = models.services
INSTANCES = models.instances

_NODE_COLUMNS = ('id', 'uuid', 'host', 'hypervisor_hostname', 'vcpus', 'memory_mb', 'local_gb', 'reserved_vcpus',
                 'reserved_memory_mb', 'reserved_disk_gb', 'vcpus_used', 'memory_mb_used', 'local_gb_used',
                 'disk_available_least', 'running_vms', 'hypervisor_type', 'hypervisor_version',
                 'host_ip', 'cpu_info', 'uptime')
_SERVICE_COLUMNS = ('id', 'uuid', 'disabled', 'disabled_reason', 'forced_down')
# Counted when it is asked for: what nova-compute last reported would be older than most tasks last.
_TASKS = sa.select(INSTANCES.c.host, INSTANCES.c.node, sa.func.count().label('number')).where(
    INSTANCES.c.deleted == 0, INSTANCES.c.task_state.is_not(None)).group_by(
        INSTANCES.c.host, INSTANCES.c.node).subquery()
_WITH_TASKS = NODES.outerjoin(
    _TASKS, sa.and_(_TASKS.c.host == NODES.c.host, _TASKS.c.node == NODES.c.hypervisor_hostname))
_WORKLOAD = sa.func.coalesce(_TASKS.c.number, 0)
_COMPUTE = sa.and_(SERVICES.c.host == NODES.c.host, SERVICES.c.binary == 'nova-compute')


def _select():
    columns = [SERVICES.c[name].label(f'service_{name}') for name in _SERVICE_COLUMNS]
    age = services.age_of(SERVICES.c.last_seen_up).label('service_age')
    return sa.select(*(NODES.c[name] for name in _NODE_COLUMNS), *columns, age,
                     _WORKLOAD.label('current_workload')).join_from(_WITH_TASKS, SERVICES, _COMPUTE)


@session.read
def list_all(connection, hostname_pattern=None, limit=None, marker=None):
    """Return nodes in the order of their numbers, or None when the marker is unknown.

    :param hostname_pattern: a part of the hypervisor's name
    :param marker: uuid (text) or number of the last one seen
    """
    query = _select().order_by(NODES.c.id)
    if hostname_pattern is not None:
        query = query.where(NODES.c.hypervisor_hostname.contains(hostname_pattern, autoescape=True))
    if marker is not None:
        column = NODES.c.id if isinstance(marker, int) else NODES.c.uuid
        seen = connection.execute(sa.select(NODES.c.id).where(column == marker)).scalar()
        if seen is None:
            return None
        query = query.where(NODES.c.id > seen)
    return connection.execute(query if limit is None else query.limit(limit)).mappings().all()


@session.read
def get(connection, id_):
    """Return one node or None.

    :param id_: uuid (text) or number
    """
    column = NODES.c.id if isinstance(id_, int) else NODES.c.uuid
    return connection.execute(_select().where(column == id_)).mappings().first()


@session.read
def servers_by_host(connection, hosts):
    """Return {host: [(number, uuid), ...]} of the servers on some hosts, with one query."""
    found = {host: [] for host in hosts}
    query = sa.select(INSTANCES.c.host, INSTANCES.c.id, INSTANCES.c.uuid).where(
        INSTANCES.c.deleted == 0, INSTANCES.c.host.in_(list(found))).order_by(INSTANCES.c.id)
    for host, number, uuid in connection.execute(query):
        found[host].append((number, uuid))
    return found


@session.read
def statistics(connection):
    """Return the number and the sums of all nodes whose service is enabled."""
    used = {'vcpus_used': NODES.c.vcpus_used + sa.func.coalesce(NODES.c.reserved_vcpus, 0),
            'memory_mb_used': NODES.c.memory_mb_used + sa.func.coalesce(NODES.c.reserved_memory_mb, 0),
            'local_gb_used': NODES.c.local_gb_used + sa.func.coalesce(NODES.c.reserved_disk_gb, 0)}
    sums = {**used, 'free_ram_mb': NODES.c.memory_mb - used['memory_mb_used'],
            'free_disk_gb': NODES.c.local_gb - used['local_gb_used']}
    for name in ('vcpus', 'memory_mb', 'local_gb', 'running_vms', 'disk_available_least'):
        sums[name] = NODES.c[name]
    sums['current_workload'] = _WORKLOAD
    query = sa.select(sa.func.count().label('count'), *(sa.func.sum(column).label(name) for name,
                                                        column in sums.items()))
    row = connection.execute(query.select_from(_WITH_TASKS.join(SERVICES, _COMPUTE)).where(
        SERVICES.c.disabled.is_(False))).mappings().one()
    return {name: int(value or 0) for name, value in row.items()}


@session.read
def get_by_host(connection, host):
    """Return the first node of a host, or None."""
    return connection.execute(
        _select().where(NODES.c.host == host).order_by(NODES.c.id).limit(1)).mappings().first()


@session.read
def projects_on(connection, host):
    """Return [{'project_id', 'vcpus', 'memory_mb', 'disk_gb'}]: sums over a host's servers, by project."""
    servers = models.instances.c
    return [dict(row) for row in connection.execute(sa.select(
        servers.project_id, sa.func.sum(servers.vcpus).label('vcpus'),
        sa.func.sum(servers.memory_mb).label('memory_mb'),
        sa.func.sum(sa.func.coalesce(servers.root_gb, 0) + sa.func.coalesce(servers.ephemeral_gb, 0)).label('disk_gb'))
        .where(servers.host == host, servers.deleted == 0).group_by(servers.project_id)
        .order_by(servers.project_id)).mappings()]
