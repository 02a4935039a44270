# SPDX-License-Identifier: Apache-2.0
"""What the steps of a cold move write into the server and the record of its move (nova-compute, nova-conductor).

The record's ``data``: the ids of both nodes' rows, what the hypervisor driver of the new host said (``dest``) and the
disks that were sent (``disk_info``), availability zones, NUMA topologies and PCI devices on both hosts, what the
flavors ask of devices, attempts on hosts that did not take the server.
In Nova these are arguments of messages, so a lost message loses them.
"""
from oslo_log import log

from mininova import exception, objects
from mininova.compute import faults, power_state, vm_states
from mininova.objects import migration as migrations

LOG = log.getLogger(__name__)

COLD = (migrations.RESIZE, migrations.MIGRATION)
CONFIRM_EVENT = 'compute_confirm_resize'
# Statuses of a move: before its server changes hosts, until it waits for a decision, and all that are not final.
BEFORE_HAND_OVER = ('pre-migrating', 'migrating')
UNDER_WAY = (*BEFORE_HAND_OVER, 'post-migrating', 'finished', 'reverting', 'confirming')


def change(record, status, expected=UNDER_WAY, **values):
    """Return a change of a record's status, for :meth:`Instance.finish_operation`.

    :param expected: statuses it must have
    """
    return {'id': record.id, 'expected_status': list(expected), 'status': status, **values}


def find(context, instance, statuses=UNDER_WAY):
    """Return the record of a server's move, or None: as both change together, there is nothing then to go on with."""
    try:
        return objects.Migration.get_current(context, instance.uuid, statuses=list(statuses))
    except exception.MigrationNotFound:
        LOG.error('There is no record of the move of this server.', instance=instance)
        return None


def set_flavor(instance, record, which):
    """Give a server a flavor of its move, what that asked for, and the sizes that count for the quota.

    :param which: 'old' or 'new'
    """
    flavor = record.old_flavor if which == 'old' else record.new_flavor
    instance.flavor, instance.pci_requests = flavor, (record.data or {}).get(f'{which}_pci_requests')
    instance.vcpus, instance.memory_mb = flavor.vcpus, flavor.memory_mb
    instance.root_gb, instance.ephemeral_gb = flavor.root_gb, flavor.ephemeral_gb


def restore(instance, record):
    """Give a server back what it had before a move; the caller writes it."""
    set_flavor(instance, record, 'old')
    instance.vm_state = record.old_vm_state


def claims_elsewhere(context, record):
    """Name the claims of a move that ends where it began, for the `release` of :meth:`Instance.finish_operation`: who
    ends it in the database frees the new node, and nobody else does."""
    return {'keep': _source_node_id(context, record)}


def return_claims(context, record, instance):
    """Let the claim on the old node be the server's own again, and give back the one on the new node."""
    objects.AllocationList.return_from_migration(context, instance.uuid, _source_node_id(context, record))


def _source_node_id(context, record):
    node_id = (record.data or {}).get('source_node_id')
    if node_id is None:
        node_id = objects.ComputeNode.get_by_host_and_nodename(
            context, record.source_compute, record.source_node).id
    return node_id


def refuse(record, reason):
    """Note in a record that the chosen host does not take the server: another one must be found."""
    data = dict(record.data or {})
    data['attempts'] = [*(data.get('attempts') or []), {'host': record.dest_compute, 'reason': reason}]
    data['refused_node_id'] = data.pop('dest_node_id', None)
    data.pop('dest', None)
    record.data, record.dest_compute, record.dest_node, record.dest_host = data, None, None, None
    return record.save(expected_status='pre-migrating')


def tell_attempts(record):
    """Name every host that did not take the server, as `faults.tell_attempts` does."""
    return faults.tell_attempts((record.data or {}).get('attempts'))


def stays_on_host(record):
    """Tell whether a move ends where it began."""
    return record.source_compute == record.dest_compute


def settle_confirmed(instance, record):
    """Write that a move is confirmed: server, record and the claim on the old node in one transaction."""
    task, instance.task_state, instance.owner = instance.task_state, None, None
    instance.vm_state = vm_states.STOPPED if instance.power_state == power_state.SHUTDOWN else vm_states.ACTIVE
    instance.vcpus, instance.memory_mb = instance.flavor.vcpus, instance.flavor.memory_mb
    instance.finish_operation(
        CONFIRM_EVENT, expected={'task_state': task, 'action_id': instance.action_id, 'host': record.dest_compute},
        release='migration', migration=change(record, 'confirmed', ('confirming',)))


def claimed_hardware(context, instance, spec, node_id):
    """Return what a server has of its host's NUMA cells and PCI devices and what is claimed for it on a node, for a
    record's data.

    Nova: MigrationContext.
    """
    *_, numa_topology, pci_requests = spec.to_claim()
    new = {}
    if numa_topology or pci_requests:
        new = objects.AllocationList.get_hardware(context, instance.uuid, node_id)
    return {'old_numa_topology': instance.numa_topology, 'new_numa_topology': new.get('numa_topology'),
            'old_pci_devices': instance.pci_devices, 'new_pci_devices': new.get('pci_devices')}


def take_hardware(instance, record, which='new'):
    """Give a server the CPUs, pages and devices that it has on the other host of its move; the caller writes it."""
    data = record.data or {}
    instance.numa_topology = data.get(f'{which}_numa_topology')
    instance.pci_devices = data.get(f'{which}_pci_devices')


def place(instance, record):
    """Put a server on the destination of a live migration or an evacuation; the caller writes it."""
    instance.host, instance.node = record.dest_compute, record.dest_node
    take_hardware(instance, record)
    instance.availability_zone = (record.data or {}).get('zone') or instance.availability_zone


def reopen(context, record, reason, expected_status, final=False):
    """Note that the host chosen for a live migration or an evacuation did not take the server, and free the room there.

    :param final: no other host would take it
    :returns: False if somebody else has the record now
    """
    data = dict(record.data or {})
    attempt = {'host': record.dest_compute, 'reason': reason}
    data['attempts'] = [*(data.get('attempts') or []), {**attempt, 'final': True} if final else attempt]
    node_id = data.pop('dest_node_id', None)
    record.data, record.status = data, 'accepted'
    record.dest_compute = record.dest_node = record.dest_host = None
    saved = record.save(expected_status=expected_status)
    if saved and node_id is not None:
        objects.AllocationList.release(context, record.instance_uuid, 'instance', node_id)
    return saved
