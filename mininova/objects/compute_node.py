# SPDX-License-Identifier: Apache-2.0
"""ComputeNode: what a hypervisor has and what is claimed of it.  Nova: nova/objects/compute_node.py."""
from mininova import exception
from mininova.objects import base, fields

claims = base.Database('claims')
db = base.Database('services')


@base.register
class ComputeNode(base.NovaObject, base.NovaPersistentObject):
    """Totals as reported; ``*_used`` are the sums of the claims, written only with them; ``generation`` counts those
    writes."""
    VERSION = '1.0'
    fields = {
        'id': fields.integer(), 'uuid': fields.text(), 'host': fields.text(), 'hypervisor_hostname': fields.text(),
        'vcpus': fields.integer(), 'memory_mb': fields.integer(), 'local_gb': fields.integer(),
        'reserved_vcpus': fields.integer(), 'reserved_memory_mb': fields.integer(),
        'reserved_disk_gb': fields.integer(),
        'vcpus_used': fields.integer(), 'memory_mb_used': fields.integer(), 'local_gb_used': fields.integer(),
        'disk_available_least': fields.integer(), 'running_vms': fields.integer(), 'current_workload': fields.integer(),
        'hypervisor_type': fields.text(), 'hypervisor_version': fields.integer(), 'host_ip': fields.text(),
        'cpu_info': fields.JsonField(nullable=True), 'supported_instances': fields.JsonField(nullable=True),
        'stats': fields.JsonField(nullable=True), 'uptime': fields.text(),
        'cpu_allocation_ratio': fields.FloatField(nullable=True),
        'ram_allocation_ratio': fields.FloatField(nullable=True),
        'disk_allocation_ratio': fields.FloatField(nullable=True),
        'numa_topology': fields.JsonField(nullable=True), 'generation': fields.integer(),
    }

    OBJ_IDENTITY = ('id', 'uuid', 'host', 'hypervisor_hostname')
    CLAIMED = ('id', 'uuid', 'vcpus_used', 'memory_mb_used', 'local_gb_used', 'running_vms', 'generation',
               'created_at', 'updated_at')

    @base.remotable
    def report(self, pci_devices=None):
        """Store what the host says of itself, making the record if it is new; claims are read back, never written.

        :param pci_devices: those that guests may have, as `Whitelist.select` returns them; None says nothing of them
        :returns: [{'address', 'instance_uuid'}] of PCI devices that are gone while a server has them
        """
        values = {name: value for name, value in self.obj_changes_plain().items()
                  if name not in (*self.CLAIMED, 'host', 'hypervisor_hostname')}
        row, lost = db.report_node(self.host, self.hypervisor_hostname, values, pci_devices)
        for name in self.CLAIMED:
            setattr(self, name, row[name])
        self.obj_reset_changes()
        return lost

    @classmethod
    def _one(cls, context, row, host):
        if row is None:
            raise exception.ComputeHostNotFound(host=host)
        return cls._from_row(context, row)

    @base.remotable_classmethod
    def get_by_id(cls, context, id_):
        return cls._one(context, db.get_node(id_=id_), id_)

    @base.remotable_classmethod
    def get_by_uuid(cls, context, uuid):
        return cls._one(context, db.get_node(uuid=uuid), uuid)

    @base.remotable_classmethod
    def get_by_host_and_nodename(cls, context, host, nodename):
        return cls._one(context, db.get_node(host=host, hypervisor_hostname=nodename), host)

    @base.remotable
    def claim(self, instance_uuid, vcpus, memory_mb, disk_gb, numa_topology=None, pci_requests=None, kind='instance',
              ratios=None):
        """Take room for an instance, exactly; False when it does not fit.

        :param numa_topology: document of the InstanceNUMATopology it wants, None for none
        :param pci_requests: documents of the InstancePCIRequests it has, None for none
        :param ratios: allocation ratios that count instead of the node's own, as a destination names them
        """
        return claims.claim(instance_uuid, self.id, vcpus, memory_mb, disk_gb, numa_topology, pci_requests, kind,
                            ratios)


@base.register
class ComputeNodeList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('ComputeNode')}

    @base.remotable_classmethod
    def get_all(cls, context, host=None, hostname_pattern=None, limit=None, marker=None):
        """Return nodes; `marker` is the database id of the last one seen."""
        return cls._from_rows(context, ComputeNode, db.list_nodes(host, hostname_pattern, limit, marker))
