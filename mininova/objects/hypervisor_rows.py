# SPDX-License-Identifier: Apache-2.0
"""Hypervisors for the API: compute nodes as plain records, each with its service.

Only for processes with a database of their own; the object is ComputeNode.
"""
import types

import mininova.conf
from mininova import exception
from mininova.objects import base

CONF = mininova.conf.CONF

_db = base.Database('hypervisors')


def list_all(hostname_pattern=None, limit=None, marker=None):
    """Return hypervisors by number; see :func:`mininova.db.hypervisors.list_all`.

    :raises MarkerNotFound: (400)
    """
    rows = _db.list_all(hostname_pattern, limit, marker)
    if rows is None:
        raise exception.MarkerNotFound(marker=marker)
    return [_record(row) for row in rows]


def get(id_):
    """Return a hypervisor by uuid (text) or number, or None."""
    row = _db.get(id_)
    return None if row is None else _record(row)


def get_by_host(host):
    """Return the first hypervisor of a host.

    :raises ComputeHostNotFound: (404)
    """
    row = _db.get_by_host(host)
    if row is None:
        raise exception.ComputeHostNotFound(host=host)
    return _record(row)


def projects_on(host):
    """Return what the servers of each project have on a host, see :func:`mininova.db.hypervisors.projects_on`."""
    return _db.projects_on(host)


def servers_by_host(hosts):
    """Return {host: [{'uuid', 'name'}, ...]}; the name is what the hypervisor calls the guest."""
    found = _db.servers_by_host(hosts)
    return {host: [{'uuid': uuid, 'name': CONF.instance_name_template % number} for number, uuid in servers]
            for host, servers in found.items()}


def statistics():
    """Return the sums over all hypervisors whose service is enabled."""
    return _db.statistics()


def _record(row):
    service = types.SimpleNamespace(
        id=row['service_id'], uuid=row['service_uuid'], disabled=row['service_disabled'], age=row['service_age'],
        disabled_reason=row['service_disabled_reason'], forced_down=row['service_forced_down'])
    return types.SimpleNamespace(**row, service=service)
