# SPDX-License-Identifier: Apache-2.0
"""How the NUMA topology of a server is shown.  In Nova: nova/api/openstack/compute/server_topology.py."""


class ViewBuilder:
    """Takes the NUMA nodes of a guest as dictionaries."""

    def index(self, nodes, with_host):
        """Return the document.

        :param nodes: vcpus, siblings, memory_mb, host_node, cpu_pinning and pagesize_kb of each; guests of this
            release have none
        :param with_host: whether the caller may see where on the host they are
        """
        shown = []
        for node in nodes:
            one = {'vcpu_set': sorted(node['vcpus']), 'siblings': node['siblings'], 'memory_mb': node['memory_mb']}
            if with_host:
                one.update(host_node=node['host_node'], cpu_pinning=node['cpu_pinning'] or {})
            shown.append(one)
        return {'nodes': shown, 'pagesize_kb': next((node['pagesize_kb'] for node in nodes), None)}
