# SPDX-License-Identifier: Apache-2.0
"""How long which servers ran (nova-api).  Nova: nova/api/openstack/compute/simple_tenant_usage.py."""
import itertools

from mininova.objects import usage_rows

RESOURCES = ('local_gb', 'vcpus', 'memory_mb')


def of_projects(begin, end, now, project_id=None, limit=None, marker=None):
    """Return what ran in a period, a record for each project in the order of their ids.

    :param begin: naive datetime, UTC; `end` is later
    :param now: when nobody knows yet how long a server will run
    :param limit: servers at most; `marker` is the uuid of the last one seen
    :returns: [{'tenant_id', 'servers': [...], 'total_hours', 'total_local_gb_usage', 'total_vcpus_usage',
        'total_memory_mb_usage'}]; the usages are in hours times what the servers have
    :raises MarkerNotFound: (400)
    """
    rows = usage_rows.list_active(begin, end, project_id, limit, marker)
    return [_of_project(project, [_of_server(row, begin, end, now) for row in servers])
            for project, servers in itertools.groupby(rows, lambda row: row['project_id'])]


def _of_project(project_id, servers):
    totals = {f'total_{name}_usage': sum(server[name] * server['hours'] for server in servers) for name in RESOURCES}
    return {'tenant_id': project_id, 'servers': servers, 'total_hours': sum(server['hours'] for server in servers),
            **totals}


def _of_server(row, begin, end, now):
    ended = row['terminated_at']
    ran = min(ended or end, end) - max(row['launched_at'], begin)
    return {
        'instance_id': row['uuid'], 'name': row['display_name'], 'tenant_id': row['project_id'],
        'flavor': (row['flavor'] or {}).get('name') or '', 'hours': ran.total_seconds() / 3600,
        'started_at': row['launched_at'], 'ended_at': ended, 'memory_mb': row['memory_mb'] or 0,
        'local_gb': (row['root_gb'] or 0) + (row['ephemeral_gb'] or 0), 'vcpus': row['vcpus'] or 0,
        'state': 'terminated' if ended else row['vm_state'],
        'uptime': int(((ended or now) - row['launched_at']).total_seconds())}
