# SPDX-License-Identifier: Apache-2.0
"""Which records of moves justify removing what a host has of a server that is elsewhere (nova-compute).

Live migrations and evacuations: a guest that left, one that never came, and what an evacuated server left on its old
host.  Nova: _destroy_evacuated_instances of nova/compute/manager.py.
"""
from oslo_log import log

from mininova import objects
from mininova.compute import remains
from mininova.objects import migration as migrations

LOG = log.getLogger(__name__)

LEFT = {migrations.LIVE: ('completed',), migrations.EVACUATION: ('done', 'completed')}


def evidence(context, instance, host, driver):
    """Say which move justifies removing what a host has of a server that is not on it, or None.

    The newest record that names the host decides; while any move is under way nothing is removed.
    """
    records = objects.MigrationList.get_by_filters(context, {'instance_uuid': instance.uuid})
    if any(record.status not in remains.OVER for record in records):
        return None
    for record in records:
        if record.migration_type not in LEFT or not _names(record, host):
            continue
        if are_disks_shared(record, host) and not driver.instance_exists(instance):
            return None
        if record.source_compute == host:
            left = record.status in LEFT[record.migration_type]
            return f'{record.migration_type} {record.id} brought it to {record.dest_compute}' if left else None
        return _evidence_against_arrival(instance, record, host, driver)
    return None


def _names(record, host):
    """Tell whether a move made something on a host, or left something there."""
    return host in (record.source_compute, record.dest_compute) or host in _found(record)


def _found(record):
    """Return {host: whether it found the disks there} of the hosts that began to build an evacuated server."""
    return (record.data or {}).get('disks_found') or {}


def _evidence_against_arrival(instance, record, host, driver):
    if record.dest_compute == host and record.status in LEFT[record.migration_type]:
        return None
    if record.migration_type == migrations.EVACUATION and host not in _found(record):
        return None  # it never began here: what is seen here is not its work
    if record.migration_type == migrations.LIVE and driver.get_live_migration_state(instance) == 'here':
        # It left its source all the same: nobody but an administrator can tell which copy is the right one.
        LOG.error('The guest runs here, but its live migration %s is recorded as %s and the server as being on %s. '
                  'Nothing is removed.', record.id, record.status, instance.host, instance=instance)
        return None
    return f'{record.migration_type} {record.id} did not bring it here ({record.status})'


def are_disks_shared(record, host=None):
    """Tell whether both hosts of a move see the same disks, so that none of them may remove them.

    :param host: the one to which it went, or that tried to build an evacuated server; None for the record's own
    """
    checks = (record.data or {}).get('checks') or {}
    found = _found(record)
    return bool(checks.get('is_shared_instance_path') or found.get(host) or found.get(record.dest_compute))


def must_keep_disks(context, instance, host):
    """Tell whether the disks that a host sees may be those of the guest on another host."""
    if remains.is_going(instance):
        return False
    records = objects.MigrationList.get_by_filters(context, {'instance_uuid': instance.uuid})
    return bool(records) and are_disks_shared(records[0], host)
