# SPDX-License-Identifier: Apache-2.0
"""What this host has, reported; what is claimed of it, checked.  Nova: nova/compute/resource_tracker.py."""
from oslo_log import log
from oslo_serialization import jsonutils

import mininova.conf
from mininova import exception, objects, rpc
from mininova.compute import claims
from mininova.compute.monitors import handler
from mininova.pci import devspec
from mininova.virt import hardware

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

REPORTED = ('vcpus', 'memory_mb', 'local_gb', 'disk_available_least', 'hypervisor_type', 'hypervisor_version')


class ResourceTracker:
    """Reports inventory; the claims are written by schedulers and read back with each report."""

    def __init__(self, host, driver):
        self.host, self.driver = host, driver
        self.nodes = {}
        self.monitors = handler.MonitorHandler(driver)
        self._failed_builds, self._lost_devices = {}, {}

    def update_available_resource(self, context):
        """Measure every node of this host and store it; stores nothing when nothing changed."""
        for nodename in self.driver.get_available_nodes():
            self._report(context, nodename)

    def _report(self, context, nodename):
        measured = self.driver.get_available_resource(nodename)
        node = self.nodes.get(nodename) or objects.ComputeNode(context, host=self.host, hypervisor_hostname=nodename)
        node._context = context
        values = {name: measured.get(name) for name in REPORTED}
        values.update(
            cpu_info=_document(measured.get('cpu_info')),
            supported_instances=_document(measured.get('supported_instances')),
            numa_topology=measured.get('numa_topology'),
            stats=self._stats(nodename, measured.get('stats') or {}), host_ip=self.driver.get_host_ip_addr(),
            reserved_vcpus=CONF.reserved_host_cpus, reserved_memory_mb=CONF.reserved_host_memory_mb,
            reserved_disk_gb=-(-CONF.reserved_host_disk_mb // 1024), cpu_allocation_ratio=CONF.cpu_allocation_ratio,
            ram_allocation_ratio=CONF.ram_allocation_ratio, disk_allocation_ratio=CONF.disk_allocation_ratio,
            uptime=self._uptime())
        for name, value in values.items():
            if not node.obj_attr_is_set(name) or getattr(node, name) != value:
                setattr(node, name, value)
        self._note_lost(node, node.report(_pci_devices(measured)))
        if nodename not in self.nodes:
            self._check_pinned(context, node)
            LOG.info('Node %s: %s VCPUs, %s MB memory, %s GB disk.', nodename, node.vcpus, node.memory_mb,
                     node.local_gb)
        self.nodes[nodename] = node

    def _note_lost(self, node, lost):
        """Tell once of each PCI device that a server has and the host does not show, or may not give away, any more."""
        known = self._lost_devices.get(node.hypervisor_hostname, set())
        now = {(each['address'], each['instance_uuid']) for each in lost}
        for address, instance_uuid in sorted(now - known):
            LOG.warning('PCI device %s of server %s is not there, or not in [pci] device_spec, any more; it is '
                        'forgotten when the server gives it back.', address, instance_uuid)
        self._lost_devices[node.hypervisor_hostname] = now

    def _stats(self, nodename, stats):
        """Return what else is told of a node: what the driver said, metrics and failed builds, if there are any."""
        ours = {'metrics': self.monitors.collect(), 'failed_builds': self._failed_builds.get(nodename)}
        return {**stats, **{name: value for name, value in ours.items() if value}}

    def build_failed(self, context, nodename):
        """Count a failed build, so that the scheduler prefers other hosts."""
        if CONF.compute.consecutive_build_service_disable_threshold:
            self._failed_builds[nodename] = self._failed_builds.get(nodename, 0) + 1
            self._tell_failed_builds(context, nodename)

    def build_succeeded(self, context, nodename):
        """Forget failed builds: a host that builds is well."""
        if self._failed_builds.pop(nodename, 0):
            self._tell_failed_builds(context, nodename)

    def _tell_failed_builds(self, context, nodename):
        node = self.nodes.get(nodename)
        if node is None:
            return
        node._context = context.elevated()
        others = {name: value for name, value in (node.stats or {}).items() if name != 'failed_builds'}
        count = self._failed_builds.get(nodename)
        node.stats = {**others, 'failed_builds': count} if count else others
        try:
            node.report()
        except (exception.NovaException, rpc.MessagingException) as error:
            LOG.info('The next report tells of %s failed builds: %s', count or 0, error)

    @staticmethod
    def _check_pinned(context, node):
        """Refuse, at start, options that take CPUs from servers which have them.

        :raises InvalidConfiguration: names server and CPUs
        """
        claimed = {claim.instance_uuid: hardware.InstanceNUMATopology.from_document(claim.numa_topology)
                   for claim in objects.AllocationList.get_by_node(context, node.id) if claim.numa_topology}
        facts = node.numa_topology
        hardware.check_pinned(hardware.NUMATopology.from_documents(facts) if facts else None, claimed)

    def _uptime(self):
        try:
            return self.driver.get_host_uptime()
        except NotImplementedError:
            return None

    def wanted(self, instance, spec):
        """Return what a server that is to be built here needs, as ``Instance.begin_operation`` claims it.

        :returns: (compute node id, *RequestSpec.to_claim()), or None if its node is not one of ours
        """
        node = self.nodes.get(instance.node)
        return node and (node.id, *spec.to_claim())

    def instance_claim(self, instance, spec, claimed):
        """Check the claim of a server that is to be built here.

        :param claimed: what ``Instance.begin_operation`` said of it
        :returns: a context manager
        :raises ComputeResourcesUnavailable: it does not fit
        """
        if instance.node not in self.nodes:
            raise exception.ComputeHostNotFound(host=instance.node)
        return claims.Claim(instance, spec, instance.node, claimed)

    def forget(self, instance):
        """Hear that a server left; its claim went with the record."""
        LOG.debug('The claim of the server is gone.', instance=instance)


def _pci_devices(measured):
    """Return the devices of a host that guests may have.

    :raises PciConfigInvalidSpec: [pci] device_spec makes no sense; at the start of the service
    """
    return devspec.Whitelist.from_config().select(_document(measured.get('pci_passthrough_devices')) or [])


def _document(value):
    return jsonutils.loads(value) if isinstance(value, str) else value
