# SPDX-License-Identifier: Apache-2.0
"""NUMA cells and devices chosen together."""
import pytest

from mininova.pci import fitting, request, stats
from mininova.virt import hardware
from tests.fixtures.pci_devices import gpus, wanted

LIMITS = hardware.fitting.Limits()


def host(*free):
    """Return a host with cells of two CPUs, of which so many are free."""
    return hardware.NUMATopology([
        hardware.NUMACell(number, set(), {number * 2, number * 2 + 1}, 4096, socket=number // 2,
                          pinned_cpus=set(range(number * 2, number * 2 + 2 - left)),
                          mempages=[hardware.NUMAPagesTopology(4, 10 ** 6)]) for number, left in enumerate(free)])


def server(cells=1, cpus=1):
    return hardware.InstanceNUMATopology([
        hardware.InstanceNUMACell(number, set(), set(range(number * cpus, number * cpus + cpus)), 64,
                                  cpu_policy='dedicated') for number in range(cells)])


def fit(topology, devices, server_topology, *requests):
    return fitting.fit(topology, stats.PciDeviceStats.from_devices(devices), server_topology, list(requests), LIMITS)


def on(found):
    return [cell.id for cell in found.numa_topology.cells]


def test_a_server_goes_to_the_cell_of_its_devices():
    found = fit(host(2, 2, 1, 2), gpus(1, numa_node=2), server(), wanted())
    assert (on(found), found.devices) == ([2], {'gpu': ['0000:01:00.0']})


def test_each_by_itself_may_fit_and_not_both():
    found = fit(host(2, 0), gpus(1, numa_node=1), server(), wanted())
    assert found == ('needs 1 PCI devices of alias gpu (10de:1eb8), has 0 free where NUMA policy legacy lets the '
                     'server have them (on NUMA cells 0)', 1, 0)
    found = fit(host(1, 1), gpus(1, numa_node=1), server(cpus=2), wanted())
    assert isinstance(found, hardware.Misfit)


@pytest.mark.parametrize(('policy', 'cells'), [
    (request.PREFERRED, [0]), (request.SOCKET, [0]), (request.REQUIRED, None)])
def test_how_near_is_the_policys_business(policy, cells):
    found = fit(host(2, 0, 0, 0), gpus(1, numa_node=1), server(), wanted(numa_policy=policy))
    assert (on(found) if cells else type(found)) == (cells or stats.Shortage)


def test_a_preferred_device_draws_its_server_near():
    assert on(fit(host(2, 1, 2), gpus(1, numa_node=1), server(), wanted(numa_policy=request.PREFERRED))) == [1]


def test_several_nodes_have_the_devices_of_all_their_cells():
    devices = [*gpus(1, numa_node=1), *gpus(1, numa_node=3, bus=2)]
    found = fit(host(2, 2, 2, 2), devices, server(2), wanted(2))
    assert sorted(on(found)) == [1, 3] and found.devices == {'gpu': ['0000:01:00.0', '0000:02:00.0']}


def test_one_without_the_other():
    assert fit(None, gpus(1), None, wanted()).devices == {'gpu': ['0000:01:00.0']}
    assert fit(None, [], None, wanted()).had == 0
    assert fit(host(2), [], server()).devices == {}
    assert isinstance(fit(None, gpus(1), server(), wanted()), hardware.Misfit)
