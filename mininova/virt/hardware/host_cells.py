# SPDX-License-Identifier: Apache-2.0
"""What a host says of its NUMA cells, once its options have had their say.  Runs in nova-compute.

Nova: _get_host_numa_topology and numa_get_reserved_huge_pages, of nova/virt/libvirt/driver.py and
nova/virt/hardware.py.
"""
import mininova.conf
from mininova import exception
from mininova.virt.hardware import cpu_set, topology

CONF = mininova.conf.CONF


def shared_cpus(online):
    """Return those of a host's CPUs on which servers without CPUs of their own run.

    :raises InvalidConfiguration: the options make no sense
    """
    dedicated, shared = cpu_set.get_cpu_dedicated_set(), cpu_set.get_cpu_shared_set()
    if shared is None:
        return set() if dedicated else set(online)
    return shared & set(online)


def get_host_topology(cells):
    """Return the NUMATopology of a host.

    :param cells: NUMACells of which cpuset has all CPUs of the cell, changed here
    :raises InvalidConfiguration: the options make no sense
    """
    dedicated, reserved = cpu_set.get_cpu_dedicated_set() or set(), get_reserved_huge_pages()
    shared = shared_cpus(set().union(*(cell.cpuset for cell in cells)))
    for cell in cells:
        cell.pcpuset = cell.cpuset & dedicated
        cell.cpuset = cell.cpuset & shared
        # What is no server's may do on a core's other thread what it likes.
        cell.siblings = [group for group in (set(group) & (cell.cpuset | cell.pcpuset) for group in cell.siblings)
                         if group]
        for pages in cell.mempages:
            pages.reserved = min(pages.total, reserved.get((cell.id, pages.size_kb), 0))
    return topology.NUMATopology(cells)


def get_reserved_huge_pages():
    """Return {(cell, page size in KiB): pages kept back}.

    :raises InvalidConfiguration: [DEFAULT] reserved_huge_pages cannot be understood
    """
    found = {}
    for entry in CONF.reserved_huge_pages or ():
        try:
            found[int(entry['node']), int(entry['size'])] = int(entry['count'])
        except (KeyError, ValueError) as error:
            raise exception.InvalidConfiguration(
                reason=f'[DEFAULT] reserved_huge_pages = {entry}: must be node:NUMBER,size:KIB,count:NUMBER') from error
    return found


def check_pinned(host_topology, claimed):
    """Refuse options that take CPUs away from servers which have them.

    :param claimed: {uuid: InstanceNUMATopology} of the servers on this host
    :raises InvalidConfiguration: names server and CPUs
    """
    dedicated = set().union(*(cell.pcpuset for cell in host_topology.cells)) if host_topology else set()
    for uuid, fitted in claimed.items():
        lost = set().union(*(cell.taken_cpus for cell in fitted.cells)) - dedicated
        if lost:
            raise exception.InvalidConfiguration(
                reason=f'server {uuid} has CPUs {cpu_set.format_cpu_spec(lost)}, which are not in [compute] '
                       'cpu_dedicated_set any more; put them back, or move the server away first')
