# SPDX-License-Identifier: Apache-2.0
"""Which cells of a host the NUMA nodes of a server get.  Nova: numa_fit_instance_to_host of nova/virt/hardware.py.

Each node of the server takes a cell of its own, and whether it fits there does not depend on the other nodes: to find
cells for all of them is to match two sets, which is done exactly and in little time (Nova tries permutations).
"""
import copy
import typing

import mininova.conf
from mininova.virt.hardware import pages, pinning, policies

CONF = mininova.conf.CONF


class Misfit(typing.NamedTuple):
    """Why a server does not fit, for a sentence that goes on from the host's name.

    :ivar wanted: number that was asked for; had: the most there is
    :ivar rank: how far the best cell came, to tell the nearest miss
    """

    text: str
    wanted: int
    had: int
    rank: int = 0


class Limits(typing.NamedTuple):
    """How much of what sharing servers use may be promised.  Nova: NUMATopologyLimits."""

    cpu_allocation_ratio: float = 1.0
    ram_allocation_ratio: float = 1.0


def numa_fit_instance_to_host(host, wanted, limits=Limits()):
    """Fit a server's wish into a host's cells.

    :param host: NUMATopology with usage, or None for a host without
    :param wanted: InstanceNUMATopology, unchanged
    :returns: InstanceNUMATopology with cells, CPUs and page sizes of the host, or Misfit
    """
    if host is None:
        return Misfit('tells of no NUMA cells', len(wanted.cells), 0)
    if len(host.cells) < len(wanted.cells):
        return Misfit(f'needs {len(wanted.cells)} NUMA cells, has {len(host.cells)}', len(wanted.cells),
                      len(host.cells))
    order = by_preference(host.cells)
    fits, misses = [], []
    for number, node in enumerate(wanted.cells):
        reserve = int(number == 0 and wanted.emulator_threads_policy == policies.EMULATOR_ISOLATE)
        found = [_fit_cell(cell, node, limits, reserve) for cell in order]
        fits.append({position: each for position, each in enumerate(found) if not isinstance(each, Misfit)})
        if not fits[-1]:
            misses.append(max(found, key=lambda miss: (miss.rank, miss.had)))
    if misses:
        return min(misses, key=lambda miss: miss.rank)
    places = _match(fits)
    if len(places) < len(fits):
        return Misfit(f'has room for {len(places)} of {len(fits)} NUMA nodes in cells of their own', len(fits),
                      len(places))
    fitted = copy.copy(wanted)
    fitted.cells = [fits[number][places[number]] for number in range(len(fits))]
    return fitted


def by_preference(cells):
    """Return cells of a host in the order in which servers get them."""
    return sorted(cells, key=_preference)


def _preference(cell):
    """Order cells by what is left of them: the most first, or the least, as configured."""
    left = (len(cell.free_pcpus), len(cell.cpuset) - cell.cpu_usage, cell.avail_memory)
    packing = CONF.compute.packing_host_numa_cells_allocation_strategy
    return (*(amount if packing else -amount for amount in left), cell.id)


def _match(fits):
    """Return {node: position of its cell} for as many nodes as possible (augmenting paths).

    :param fits: for each node the positions of the cells that it fits in, preferred ones first
    """
    owner = {}

    def place(node, tried):
        untried = [position for position in fits[node] if position not in tried]
        tried.update(untried)
        for position in sorted(untried, key=owner.__contains__):
            if position not in owner or place(owner[position], tried):
                owner[position] = node
                return True
        return False
    for node in range(len(fits)):
        place(node, set())
    return {node: position for position, node in owner.items()}


# -- one node in one cell ----------------------------------------------------------------


def _fit_cell(cell, node, limits, reserve):
    """Return the node as it is in a cell of the host, or Misfit."""
    pins = _pin(cell, node, reserve)
    if isinstance(pins, pinning.TooFew):
        return Misfit(f'needs {pins.wanted} {pins.what} in one NUMA cell, most free {pins.had}', pins.wanted, pins.had)
    missing = _shared_cpus(cell, node, limits) or _memory(cell, node, limits)
    if missing:
        return missing
    pagesize = None
    if node.pagesize is not None:
        pagesize = pages.choose(node.pagesize, node.memory, cell)
        if pagesize is None:
            return _too_few_pages(cell, node)
    fitted = copy.copy(node)
    fitted.id, fitted.pagesize, fitted.cpu_pinning = cell.id, pagesize, pins.pinning
    fitted.cpuset_reserved, fitted.blocked, fitted.threads = pins.reserved, pins.blocked, pins.threads
    return fitted


def _pin(cell, node, reserve):
    if not node.pcpuset and not reserve:
        return pinning.Pins({}, set(), set())
    return pinning.pin(cell, node.pcpuset, node.cpu_thread_policy, reserve)


def _shared_cpus(cell, node, limits):
    wanted = len(node.cpuset)
    if not wanted:
        return None
    if wanted > len(cell.cpuset):
        return Misfit(f'needs {wanted} shared CPUs in one NUMA cell, which has {len(cell.cpuset)}', wanted,
                      len(cell.cpuset), 1)
    room = int(len(cell.cpuset) * limits.cpu_allocation_ratio) - cell.cpu_usage
    if wanted > room:
        return Misfit(f'needs {wanted} shared CPUs in one NUMA cell, most free {room} of {len(cell.cpuset)} x '
                      f'{limits.cpu_allocation_ratio:g}', wanted, room, 1)
    return None


def _memory(cell, node, limits):
    """Compare memory; what is on pages that were asked for is not promised twice."""
    ratio = limits.ram_allocation_ratio if node.pagesize is None else 1.0
    room = min(int(cell.memory * ratio) - cell.memory_usage, cell.memory)
    if node.memory <= room:
        return None
    return Misfit(f'needs {node.memory} MB memory in one NUMA cell, most free {max(0, room)} MB of {cell.memory} x '
                  f'{ratio:g}', node.memory, max(0, room), 2)


def _too_few_pages(cell, node):
    """Return the Misfit of the page size with the most memory left."""
    offered = pages.candidates(node.pagesize, cell)
    if not offered:
        had = ', '.join(str(each.size_kb) for each in cell.mempages) or 'no'
        return Misfit(f'has no memory pages of size {pages.tell(node.pagesize)}: its sizes are {had} KiB', node.memory,
                      0, 3)
    most = max(offered, key=lambda each: each.free * each.size_kb)
    wanted = -(-node.memory * 1024 // most.size_kb)
    if wanted <= most.free:
        return Misfit(f'has pages of {most.size_kb} KiB, which {node.memory} MB is not a multiple of', node.memory,
                      most.free, 3)
    return Misfit(f'needs {wanted} memory pages of {most.size_kb} KiB in one NUMA cell, most free {most.free}', wanted,
                  most.free, 3)
