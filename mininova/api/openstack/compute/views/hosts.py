# SPDX-License-Identifier: Apache-2.0
"""How hosts are shown.  Nova: ``_show`` and ``index`` of nova/api/openstack/compute/hosts.py."""
from mininova import availability_zones

TOTAL, USED_NOW, USED_MAX = '(total)', '(used_now)', '(used_max)'


class ViewBuilder:
    """Services as records, hypervisors as records."""

    def index(self, services, host_zones, zone=None):
        """:param zone: only hosts in this one; empty for all"""
        shown = [{'host_name': service.host, 'service': service.topic,
                  'zone': availability_zones.get_service_zone(service, host_zones)} for service in services]
        return {'hosts': [entry for entry in shown if not zone or entry['zone'] == zone]}

    def show(self, host, node, projects):
        """
        :param projects: [{'project_id', 'vcpus', 'memory_mb', 'disk_gb'}] of the host's servers
        """
        names = ('vcpus', 'memory_mb', 'disk_gb')
        rows = [(TOTAL, (node.vcpus, node.memory_mb, node.local_gb)),
                (USED_NOW, (node.vcpus_used, node.memory_mb_used, node.local_gb_used)),
                (USED_MAX, tuple(sum(int(project[name] or 0) for project in projects) for name in names)),
                *((project['project_id'], tuple(int(project[name] or 0) for name in names)) for project in projects)]
        return {'host': [{'resource': {'host': host, 'project': project, 'cpu': cpu, 'memory_mb': memory_mb,
                                       'disk_gb': disk_gb}} for project, (cpu, memory_mb, disk_gb) in rows]}
