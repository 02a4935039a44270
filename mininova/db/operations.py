# SPDX-License-Identifier: Apache-2.0
"""Begin and end of an operation on an instance: state, event and fault in one transaction each.

This keeps a state change and its record together, and makes an operation two remote calls.
"""
import sqlalchemy as sa

from mininova import exception
from mininova.db import (
    actions,
    claims,
    instances,
    migration_records,
    models,
    quotas,
    request_specs,
    session,
    system_metadata,
)

TABLE = models.instances


@session.write
def begin(connection, uuid, values, expected, request_id, event, host, claim=None):
    """Take up an operation: compare-and-swap, then open its event.

    :param expected: {column: accepted values}; what does not hold makes the message stale
    :param claim: (compute node id, vcpus, memory_mb, disk_gb, wished NUMA topology or None, PCI requests or None) that
        the operation needs, or None
    :returns: (True, written time) or (False, the row as found or None); whether the claim is held;
        {'numa_topology', 'pci_devices'} that it gives, which are the instance's from now on, or None
    """
    written, found = instances.compare_and_swap.within(connection, uuid, values, expected)
    if not written:
        return written, found, False, None
    if event:
        actions.event_start.within(connection, uuid, request_id, event, host)
    claimed = claim is None or claims.claim.within(connection, uuid, *claim)
    fitted = None
    if claimed and claim is not None and any(wish is not None for wish in claim[4:]):
        fitted = claims.hardware_of.within(connection, uuid, claim[0])
        connection.execute(sa.update(TABLE).where(TABLE.c.uuid == uuid).values(**fitted))
    return written, found, claimed, fitted


@session.write
def finish(connection, uuid, values, expected, record, fault=None, release=False, migration=None, forget_intent=False):
    """End an operation: compare-and-swap, close its event, store a fault.

    The event is closed and the fault stored even if the instance changed hands meanwhile.

    :param record: {'request_id', 'event', 'result', 'details', 'traceback'}
    :param fault: columns of instance_faults or None
    :param release: give back all claims of the instance (True), those of a kind (its name), or those that a move made
        elsewhere ({'keep': compute node id}), with the same transaction, if it was written
    :param migration: a change of a migration record, as for :func:`accept`, if the instance was written
    :param forget_intent: also drop the sealed secrets of the request, if the compare-and-swap succeeds
    :returns: (True, written time) or (False, the row as found or None)
    """
    if values is None:
        written, found = True, session.now()
    else:
        written, found = _write(connection, uuid, values, expected)
    if written and migration:
        _change_migration(connection, uuid, dict(migration))
    if written and values and 'flavor' in values:
        request_specs.set_flavor.within(connection, uuid, {
            name: values[name] for name in ('flavor', 'pci_requests') if name in values})
    if written and isinstance(release, dict):
        claims.return_from_migration.within(connection, uuid, release['keep'])
    elif written and release:
        instances.release(connection, uuid, None if release is True else release)
    if record['event']:
        actions.event_finish.within(connection, uuid, record['request_id'], record['event'], record['result'],
                                    record.get('details'), record.get('traceback'))
    if fault is not None:
        actions.create_fault.within(connection, fault)
    if forget_intent and written:
        request_specs.update.within(connection, uuid, {'intent': None})
    return written, found


def _write(connection, uuid, values, expected):
    """Compare and swap; of the system metadata only what tells of the image, as others write the rest meanwhile."""
    values = dict(values)
    image = values.pop('system_metadata', None)
    written, found = instances.compare_and_swap.within(connection, uuid, values, expected)
    if written and image is not None:
        system_metadata.replace_image.within(connection, uuid, image)
    return written, found


def _change_migration(connection, instance_uuid, values):
    """Change a migration record inside the caller's transaction.

    :param values: columns, with the `id` and the `expected_status` (one or several)
    :raises MigrationNotFoundByStatus: it is not in that status; the whole transaction is undone (404)
    """
    expected = values.pop('expected_status')
    statuses = [expected] if isinstance(expected, str) else list(expected)
    if not migration_records.compare_and_swap.within(connection, values.pop('id'), values, statuses):
        raise exception.MigrationNotFoundByStatus(instance_id=instance_uuid, status=', '.join(statuses))


@session.write
def give_back(connection, uuid, expected, compute_node_id=None):
    """Take an instance off its host for another try elsewhere: host, claim and ownership in one transaction.

    :returns: as :func:`finish`
    """
    values = {'host': None, 'node': None, 'task_state': 'scheduling', 'vm_state': 'building', 'owner': None,
              'launched_on': None, 'pci_devices': None}
    written, found = instances.compare_and_swap.within(connection, uuid, values, expected)
    if written:
        instances.release(connection, uuid, 'instance', compute_node_id)
    return written, found


@session.write
def accept(connection, uuid, values, expected, action, migration=None, limits=None, contents=None):
    """Accept an action: compare-and-swap of the task state with the record of what was asked.

    :param action: columns of instance_actions
    :param migration: columns of a new row of migrations; with an `id`, changes of that row, which must be in its
        `expected_status`
    :param limits: what :func:`quotas.check_within` compares first
    :param contents: what else of the server changes: {'metadata': all of it, 'image': that of its request spec}
    :returns: as :func:`finish`
    :raises TooManyInstances: nothing is written (403)
    """
    if limits:
        quotas.check_within(connection, **limits)
    written, found = _write(connection, uuid, values, expected)
    if written:
        actions.start.within(connection, action)
        if migration and 'id' in migration:
            _change_migration(connection, uuid, dict(migration))
        elif migration:
            migration_records.insert.within(connection, migration)
        if contents and 'metadata' in contents:
            instances.replace_metadata.within(connection, uuid, contents['metadata'])
        if contents and 'image' in contents:
            request_specs.set_image.within(connection, uuid, contents['image'])
    return written, found


@session.write
def reset_state(connection, uuid, vm_state):
    """Write a state by decree; what was being done to the instance ends with it, as failed.

    :returns: the time, or None if the instance is gone
    """
    now = session.now()
    alive = (TABLE.c.uuid == uuid, TABLE.c.deleted == 0)
    if not connection.execute(sa.update(TABLE).where(*alive).values(updated_at=now)).rowcount:
        return None
    action_id = connection.execute(sa.select(TABLE.c.action_id).where(*alive)).scalar()
    connection.execute(sa.update(TABLE).where(*alive).values(vm_state=vm_state, task_state=None, action_id=None,
                                                             owner=None))
    if action_id is not None:
        actions.break_off.within(connection, uuid, action_id, 'The state of the server was reset.')
    return now


@session.write
def fail_build(connection, uuid, expected, action_message, request_id, fault):
    """Put a build that has no host in ERROR, give back what it had claimed and store why."""
    values = {'vm_state': 'error', 'task_state': None, 'owner': None, 'pci_devices': None}
    written, found = instances.compare_and_swap.within(connection, uuid, values, expected)
    if written:
        instances.release(connection, uuid)
        actions.finish.within(connection, uuid, request_id, action_message)
        actions.create_fault.within(connection, fault)
    return written, found


@session.write
def destroy_unowned(connection, uuid, action, worker_timeout):
    """Delete an instance that is on no host and that no live worker drives, with the record of who asked for it.

    :param action: columns of instance_actions; the action is over at once
    :returns: the deletion time, or None if somebody has the instance, or it is gone
    """
    if not instances.disown.within(connection, uuid, worker_timeout):
        return None
    deleted_at = instances.destroy.within(connection, uuid, {'host': None})
    actions.start.within(connection, {**action, 'finish_time': deleted_at})
    return deleted_at
