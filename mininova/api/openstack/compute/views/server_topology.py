# SPDX-License-Identifier: Apache-2.0
"""How the NUMA topology of a server is shown.  In Nova: nova/api/openstack/compute/server_topology.py."""


class ViewBuilder:
    """Takes an InstanceNUMATopology."""

    def index(self, topology, is_placed, with_host):
        """Return the document.

        :param topology: None for a server without NUMA nodes
        :param is_placed: whether it is on a host, so that the topology says where
        :param with_host: whether the caller may see where on the host it is
        """
        cells = topology.cells if topology is not None else []
        sizes = [cell.pagesize for cell in cells if cell.pagesize and cell.pagesize > 0]
        return {'nodes': [self._node(cell, is_placed, with_host) for cell in cells],
                'pagesize_kb': sizes[-1] if sizes else None}

    @staticmethod
    def _node(cell, is_placed, with_host):
        shown = {'vcpu_set': sorted(cell.total_cpus), 'memory_mb': cell.memory,
                 'siblings': [sorted(group) for group in cell.siblings] if is_placed else []}
        if with_host:
            pinning = cell.cpu_pinning if is_placed else {}
            shown.update(host_node=cell.id, cpu_pinning={str(vcpu): cpu for vcpu, cpu in sorted(pinning.items())})
        return shown
