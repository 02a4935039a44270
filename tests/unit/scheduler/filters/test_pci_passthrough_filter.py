# SPDX-License-Identifier: Apache-2.0
"""PciPassthroughFilter says with numbers why a host does not suit, and sees what its own request has picked."""
from mininova.pci import request, stats
from mininova.scheduler import capacity, filters
from mininova.scheduler.filters import pci_passthrough_filter
from mininova.virt import hardware
from tests.fixtures.pci_devices import documents, gpus, wanted
from tests.unit.scheduler import states

PINNED = {'hw:cpu_policy': 'dedicated'}


def host(*devices, **values):
    return states.state(pci_stats=stats.PciDeviceStats.from_devices(devices).pools, **values)


def make_filter(*requests, **values):
    return pci_passthrough_filter.PciPassthroughFilter(states.spec(pci_requests=documents(*requests), **values))


def with_cells(*devices):
    cells = [hardware.NUMACell(number, set(), {number}, 4096, mempages=[hardware.NUMAPagesTopology(4, 10 ** 6)])
             for number in range(2)]
    return host(*devices, numa_topology=hardware.NUMATopology(cells).to_facts(),
                numa_used={'0': {'cpu_usage': 0, 'memory_usage': 0, 'pinned_cpus': [0], 'mempages': {}}})


def test_a_server_without_requests_is_not_its_concern():
    assert not make_filter().applies
    assert not pci_passthrough_filter.PciPassthroughFilter(states.spec()).applies


def test_the_reason_tells_the_numbers():
    assert make_filter(wanted(2)).host_passes(host(*gpus(2))) is filters.PASS
    reason = make_filter(wanted(2)).host_passes(host(*gpus(1)))
    assert (reason.filter, reason.wanted, reason.had) == ('PciPassthroughFilter', 2, 1)
    assert reason.text == 'needs 2 PCI devices of alias gpu (10de:1eb8), has 1 free'
    assert make_filter(wanted()).host_passes(states.state()).had == 0


def test_cells_and_devices_must_suit_each_other():
    assert make_filter(wanted(), extra_specs=PINNED).host_passes(with_cells(*gpus(1, numa_node=1))) is filters.PASS
    reason = make_filter(wanted(), extra_specs=PINNED).host_passes(with_cells(*gpus(1, numa_node=0)))
    assert 'NUMA policy legacy' in reason.text
    far = make_filter(wanted(numa_policy=request.PREFERRED), extra_specs=PINNED)
    assert far.host_passes(with_cells(*gpus(1, numa_node=0))) is filters.PASS
    # What is wrong with the cells alone is for NUMATopologyFilter to tell.
    assert make_filter(wanted(), extra_specs=PINNED, vcpus=2).host_passes(with_cells(*gpus(1))) is filters.PASS


def test_the_nearest_miss_is_told():
    rejected = [(state, make_filter(wanted(3)).host_passes(state)) for state in (
        host(*gpus(1)), host(*gpus(2), host='cmp2'))]
    assert pci_passthrough_filter.PciPassthroughFilter.summarise(rejected) == (
        'cmp2 comes nearest: needs 3 PCI devices of alias gpu (10de:1eb8), has 2 free')


def test_a_pick_takes_devices_for_the_next_one_and_leaves_the_host_as_it_was():
    state, spec = host(*gpus(3)), states.spec(pci_requests=documents(wanted(2)))
    after = state.consumed(*spec.to_claim())
    assert (state.free_pci_devices, after.free_pci_devices) == (3, 1)
    assert make_filter(wanted(2)).host_passes(after).had == 1
    assert after.consumed(*spec.to_claim()).free_pci_devices == 1


def test_capacity_counts_devices():
    class Manager:
        def get_filters(self, wanted_spec):
            return [pci_passthrough_filter.PciPassthroughFilter(wanted_spec)]

        def get_all_host_states(self):
            return [host(*gpus(5))]
    found, = capacity.of_hosts(Manager(), states.spec(memory_mb=1, pci_requests=documents(wanted(2))))
    assert (found.fits, found.limit) == (
        2, 'PciPassthroughFilter: needs 2 PCI devices of alias gpu (10de:1eb8), has 1 free')
