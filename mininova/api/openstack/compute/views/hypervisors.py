# SPDX-License-Identifier: Apache-2.0
"""How hypervisors are shown.  Nova: nova/api/openstack/compute/views/hypervisors.py.

What is used is what servers claimed and what the host keeps for itself.
"""
import orjson

from mininova import servicegroup
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common


class ViewBuilder(common.ViewBuilder):
    """Hypervisors as records of :mod:`mininova.objects.hypervisor_rows`."""

    _collection_name = 'os-hypervisors'

    def index(self, req, hypervisors, servers=None, links=True, detail=False, uptimes=None):
        """Return a list.

        :param servers: {host: [server]} if asked for
        :param links: whether a full page has a link to the next one (from 2.33)
        :param uptimes: function(hypervisor) for details of 2.88 and above
        """
        found = {'hypervisors': [self._one(req, hypervisor, servers, detail, uptimes) for hypervisor in hypervisors]}
        if links and versions.is_supported(req, '2.33'):
            collection = 'os-hypervisors/detail' if detail else 'os-hypervisors'
            next_page = self._get_collection_links(req, found['hypervisors'], collection, 'id')
            if next_page:
                found['hypervisors_links'] = next_page
        return found

    def show(self, req, hypervisor, servers=None, uptimes=None):
        """Return one with all details."""
        return {'hypervisor': self._one(req, hypervisor, servers, detail=True, uptimes=uptimes)}

    def uptime(self, req, hypervisor, uptime):
        """Return one with nothing but how long it is up (below 2.88)."""
        return {'hypervisor': {**self._one(req, hypervisor), 'uptime': uptime}}

    def _one(self, req, hypervisor, servers=None, detail=False, uptimes=None):
        service = hypervisor.service
        by_uuid = versions.is_supported(req, '2.53')
        shown = {
            'id': hypervisor.uuid if by_uuid else hypervisor.id,
            'hypervisor_hostname': hypervisor.hypervisor_hostname,
            'state': 'up' if servicegroup.service_is_up(service) else 'down',
            'status': 'disabled' if service.disabled else 'enabled',
        }
        if detail:
            shown.update(hypervisor_type=hypervisor.hypervisor_type, hypervisor_version=hypervisor.hypervisor_version,
                         host_ip=hypervisor.host_ip,
                         service={'id': service.uuid if by_uuid else service.id, 'host': hypervisor.host,
                                  'disabled_reason': service.disabled_reason})
            if versions.is_supported(req, '2.88'):
                shown['uptime'] = uptimes(hypervisor)
            else:
                shown.update(self._resources(hypervisor), cpu_info=self._cpu_info(req, hypervisor.cpu_info))
        if servers is not None:
            mine = servers.get(hypervisor.host, [])
            if mine or versions.is_supported(req, '2.75'):
                shown['servers'] = mine
        return shown

    @staticmethod
    def _resources(hypervisor):
        memory_mb_used = hypervisor.memory_mb_used + (hypervisor.reserved_memory_mb or 0)
        local_gb_used = hypervisor.local_gb_used + (hypervisor.reserved_disk_gb or 0)
        return {
            'vcpus': hypervisor.vcpus, 'memory_mb': hypervisor.memory_mb, 'local_gb': hypervisor.local_gb,
            'vcpus_used': hypervisor.vcpus_used + (hypervisor.reserved_vcpus or 0),
            'memory_mb_used': memory_mb_used, 'local_gb_used': local_gb_used,
            'free_ram_mb': hypervisor.memory_mb - memory_mb_used, 'free_disk_gb': hypervisor.local_gb - local_gb_used,
            'current_workload': hypervisor.current_workload, 'running_vms': hypervisor.running_vms,
            'disk_available_least': hypervisor.disk_available_least,
        }

    @staticmethod
    def _cpu_info(req, cpu_info):
        """Return the processor as a document; below 2.28 as text that contains it."""
        if versions.is_supported(req, '2.28'):
            return cpu_info or {}
        return orjson.dumps(cpu_info).decode() if cpu_info else ''
