# SPDX-License-Identifier: Apache-2.0
"""NUMA cells and PCI devices of a host for one server, chosen together.

Nova: numa_fit_instance_to_host of nova/virt/hardware.py, as far as it looks at devices.
"""
import itertools
import typing

from mininova.pci import stats
from mininova.virt import hardware


class Fit(typing.NamedTuple):
    """What a server gets.

    :ivar numa_topology: fitted InstanceNUMATopology, None for a server without NUMA nodes
    :ivar devices: {request id: [address, ...]}
    """

    numa_topology: hardware.InstanceNUMATopology | None
    devices: dict


def fit(host, pools, wanted, requests, limits):
    """Fit a server into a host's cells and give it devices there.

    :param host: NUMATopology with usage, or None
    :param pools: PciDeviceStats of the host
    :param wanted: InstanceNUMATopology, or None
    :param requests: list of InstancePCIRequest
    :param limits: hardware.fitting.Limits
    :returns: Fit, hardware.Misfit of the cells, or stats.Shortage of the devices
    """
    fitted = None if wanted is None else hardware.numa_fit_instance_to_host(host, wanted, limits)
    if isinstance(fitted, hardware.Misfit):
        return fitted
    if wanted is None or not requests:
        devices = pools.fit(requests)
        return devices if isinstance(devices, stats.Shortage) else Fit(fitted, devices)
    return _fit_both(host, pools, wanted, requests, limits)


def _fit_both(host, pools, wanted, requests, limits):
    """Try sets of cells, those with most of the devices first, until one has all that the server needs."""
    sockets = {cell.id: cell.socket for cell in host.cells}
    most = sum(each.count for each in requests)
    near = {cell.id: min(most, pools.on_cell(requests, cell.id)) for cell in host.cells}
    nearest = None
    tries = itertools.combinations(hardware.by_preference(host.cells), len(wanted.cells))
    for cells in sorted(tries, key=lambda cells: -min(most, sum(near[cell.id] for cell in cells))):
        devices = pools.fit(requests, stats.NUMACells(frozenset(cell.id for cell in cells), sockets))
        if isinstance(devices, stats.Shortage):
            nearest = devices if nearest is None else max(nearest, devices, key=lambda miss: miss.had - miss.wanted)
            continue
        fitted = hardware.numa_fit_instance_to_host(hardware.NUMATopology(list(cells)), wanted, limits)
        if not isinstance(fitted, hardware.Misfit):
            return Fit(fitted, devices)
    return nearest or stats.Shortage('has no NUMA cells with both room and the PCI devices for the server', most, 0)
