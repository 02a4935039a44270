# SPDX-License-Identifier: Apache-2.0
"""Allocation: room claimed on a node for an instance.  Nova asks Placement for these."""
from mininova.objects import base, fields

db = base.Database('claims')


@base.register
class Allocation(base.NovaObject, base.NovaPersistentObject):
    """``kind`` says whose claim it is: 'instance', or 'migration' for the other end of a move."""
    VERSION = '1.0'
    fields = {'id': fields.integer(), 'instance_uuid': fields.UUIDField(), 'compute_node_id': fields.integer(),
              'kind': fields.text(),
              'vcpus': fields.integer(), 'memory_mb': fields.integer(), 'disk_gb': fields.integer(),
              'numa_topology': fields.JsonField(nullable=True), 'pci_requests': fields.JsonField(nullable=True)}


@base.register
class AllocationList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('Allocation')}

    @base.remotable_classmethod
    def get_by_instance(cls, context, instance_uuid):
        return cls._from_rows(context, Allocation, db.list_by_instance(instance_uuid))

    @base.remotable_classmethod
    def get_by_node(cls, context, compute_node_id):
        return cls._from_rows(context, Allocation, db.list_by_node(compute_node_id))

    @base.remotable_classmethod
    def get_hardware(cls, context, instance_uuid, compute_node_id, kind='instance'):
        """Return {'numa_topology', 'pci_devices'}: documents of what a claim has of a node, None for nothing."""
        return db.hardware_of(instance_uuid, compute_node_id, kind)

    @base.remotable_classmethod
    def release(cls, context, instance_uuid, kind=None, compute_node_id=None):
        """Give back claims; a repeat does nothing."""
        db.release(instance_uuid, kind, compute_node_id)

    @base.remotable_classmethod
    def release_unused(cls, context, instance_uuid, compute_node_id):
        """Give back a claim on a node where the instance did not come to be; a repeat does nothing."""
        db.release_unused(instance_uuid, compute_node_id)

    @base.remotable_classmethod
    def keep_for_migration(cls, context, instance_uuid, compute_node_id):
        """Make a server's claim on its node that of its move, so that the scheduler claims anew; repeatable."""
        db.keep_for_migration(instance_uuid, compute_node_id)

    @base.remotable_classmethod
    def return_from_migration(cls, context, instance_uuid, compute_node_id):
        """Give back what a move claimed elsewhere and keep the claim on this node; nothing if none is kept there."""
        db.return_from_migration(instance_uuid, compute_node_id)
