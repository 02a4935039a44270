# SPDX-License-Identifier: Apache-2.0
"""What cold moves leave on hosts when a service was down or an administrator interfered, and what may be done with it.

Runs in nova-compute beside the reconciler.  The record of a move is the evidence: disks kept on an old host stay for as
long as their move is not decided, and after one that failed until the guest runs elsewhere again.
Nova: _cleanup_incomplete_migrations of nova/compute/manager.py, for deleted servers only.
"""
from oslo_log import log

from mininova import context as nova_context
from mininova import exception, objects
from mininova.compute import block_devices, moves, power_state, vm_states

LOG = log.getLogger(__name__)

KEEP = ''


def evidence(context, instance, host):
    """Say what the newest move that names a host, not the server's, says about what is found of it there.

    :returns: a reason to remove it, KEEP, or None if there was no such move or it was of another kind
    """
    for record in objects.MigrationList.get_by_filters(context, {'instance_uuid': instance.uuid}):
        if record.migration_type not in moves.COLD:
            if host in (record.source_compute, record.dest_compute):
                return None
            continue
        if record.dest_compute == host and instance.host != host:
            if record.status == 'reverted':
                return f'its move here was reverted (migration {record.id})'
            came_to_nothing = record.status == 'error' and instance.host == record.source_compute
            return f'its move here failed (migration {record.id})' if came_to_nothing else KEEP
        if record.source_compute == host:
            return KEEP  # what it kept is looked at below, with the claim that goes with it
        if host in {attempt['host'] for attempt in (record.data or {}).get('attempts') or ()}:
            return f'it was to move here and did not (migration {record.id})'
    return None


def _records(context, instance):
    return objects.MigrationList.get_by_filters(
        context, {'instance_uuid': instance.uuid, 'migration_type': list(moves.COLD)})


def _evidence_against_kept(instance, record):
    """Say why disks that the old host of a move kept are not needed any more, or None."""
    if record.status == 'confirmed':
        return f'its move to {record.dest_compute} was confirmed (migration {record.id})'
    runs_there = (instance.vm_state == vm_states.ACTIVE and instance.power_state == power_state.RUNNING
                  and instance.task_state is None and instance.host == record.dest_compute)
    if record.status == 'error' and runs_there and not moves.stays_on_host(record):
        return f'its move failed, but it runs on {record.dest_compute} again (migration {record.id})'
    if record.status == 'reverted' and instance.task_state is None and instance.host == record.source_compute:
        return f'its move was reverted (migration {record.id})'
    return None


def sweep(reconciler):
    """Look at the disks that this host keeps for moves, and at moves whose server somebody took out of them."""
    admin = nova_context.get_admin_context()
    kept = {item['uuid'] for item in reconciler.driver.inventory() if item['kind'] == 'kept'}
    orphans = {record.instance_uuid for record in objects.MigrationList.get_by_filters(
        admin, {'host': reconciler.host, 'status': list(moves.UNDER_WAY), 'migration_type': list(moves.COLD)})}
    for function, uuids in ((_look_at_kept, kept), (_look_at_move, orphans)):
        for uuid in sorted(uuids):
            if reconciler.parts.is_busy_with(uuid):
                continue
            try:
                with reconciler.parts.busy_with(uuid):
                    function(reconciler, admin, objects.Instance.get_by_uuid(admin, uuid))
            except exception.InstanceNotFound:
                continue  # deleted: what is left of it is a stray
            except Exception:
                LOG.exception('What a move left of server %s could not be looked at; tried again later.', uuid)


def _look_at_kept(reconciler, admin, instance):
    record = next((record for record in _records(admin, instance) if record.source_compute == reconciler.host), None)
    if record is None or record.status in moves.UNDER_WAY:
        return
    reason = _evidence_against_kept(instance, record)
    if reason:
        LOG.warning('Removing the disks that this host kept: %s.', reason, instance=instance)
        objects.AllocationList.release(admin, instance.uuid, 'migration', (record.data or {}).get('source_node_id'))
        reconciler.driver.confirm_migration(admin, record, instance, instance.get_network_info())
    elif record.status == 'error' and instance.host == reconciler.host and instance.task_state is None and not (
            moves.stays_on_host(record)):
        LOG.warning('The server could not move; its disks are put back where they were.', instance=instance)
        _put_back(reconciler, admin, instance, record, power_on=False)


def _put_back(reconciler, admin, instance, record, power_on):
    network_info = reconciler.parts.network_api.setup_instance_on_host(admin, instance)
    reconciler.driver.finish_revert_migration(admin, instance, network_info, record,
                                              block_devices.block_device_info(admin, instance), power_on=power_on)


def _look_at_move(reconciler, admin, instance):
    """End a move whose server has no task and waits for no decision: its state was reset.

    The two change in one transaction otherwise, so a server that is read first cannot just be between them.
    """
    if instance.host != reconciler.host or instance.task_state is not None or (
            instance.vm_state in (vm_states.RESIZED, vm_states.SOFT_DELETED)):  # once restored, it waits again
        return
    record = next(iter(_records(admin, instance)), None)
    if record is None or record.status not in moves.UNDER_WAY:
        return
    LOG.warning('Migration %s is %s, and somebody reset the server; the move ends.', record.id, record.status,
                instance=instance)
    back = instance.host == record.source_compute and (
        record.status in (*moves.BEFORE_HAND_OVER, 'post-migrating') or (record.data or {}).get('destroyed'))
    if back and record.status != 'pre-migrating':
        _put_back(reconciler, admin, instance, record, power_on=instance.vm_state == vm_states.ACTIVE)
        instance.power_state = reconciler.driver.get_info(instance).state
    moves.set_flavor(instance, record, 'old' if back else 'new')
    instance.finish_operation(None, expected={'task_state': None, 'host': reconciler.host},
                              release=moves.claims_elsewhere(admin, record) if back else False,
                              migration=moves.change(record, 'error', (record.status,)))
