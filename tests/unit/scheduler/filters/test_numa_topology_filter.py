# SPDX-License-Identifier: Apache-2.0
"""NUMATopologyFilter says with numbers why a host does not suit, and sees what its own request has picked."""
from mininova.scheduler import capacity, filters
from mininova.scheduler.filters import core_filter, numa_topology_filter
from mininova.virt import hardware
from tests.unit.scheduler import states

PINNED = {'hw:cpu_policy': 'dedicated'}


def host(dedicated=range(4), used=None, **values):
    cells = [hardware.NUMACell(0, {9}, set(dedicated), 4096, mempages=[hardware.NUMAPagesTopology(4, 10 ** 6),
                                                                       hardware.NUMAPagesTopology(2048, 64)])]
    return states.state(numa_topology=hardware.NUMATopology(cells).to_facts(), numa_used=used, **values)


def ask(host_state, **wanted):
    tester = numa_topology_filter.NUMATopologyFilter(states.spec(**wanted))
    assert tester.applies
    return tester.host_passes(host_state)


def test_a_server_without_wishes_is_not_its_concern():
    assert not numa_topology_filter.NUMATopologyFilter(states.spec()).applies
    assert not numa_topology_filter.NUMATopologyFilter(states.spec(extra_specs={'hw:cpu_sockets': '2'})).applies


def test_the_reason_tells_the_numbers():
    used = {'0': {'cpu_usage': 0, 'memory_usage': 0, 'pinned_cpus': [0, 1], 'mempages': {'2048': 60}}}
    assert ask(host(), vcpus=4, extra_specs=PINNED) is filters.PASS
    reason = ask(host(used=used), vcpus=4, extra_specs=PINNED)
    assert (reason.filter, reason.wanted, reason.had) == ('NUMATopologyFilter', 4, 2)
    assert reason.text == 'needs 4 dedicated CPUs in one NUMA cell, most free 2'
    reason = ask(host(used=used), memory_mb=64, extra_specs={'hw:mem_page_size': 'large'})
    assert reason.text == 'needs 32 memory pages of 2048 KiB in one NUMA cell, most free 4'
    assert ask(states.state(), extra_specs=PINNED).text == 'tells of no NUMA cells'


def test_the_image_has_its_say():
    assert ask(host(), properties={'hw_cpu_policy': 'dedicated'}, vcpus=5).had == 4


def test_ratios_of_the_host_count_for_shared_cpus():
    one_node = {'hw:numa_nodes': '1'}
    used = {'0': {'cpu_usage': 1, 'memory_usage': 0, 'pinned_cpus': [], 'mempages': {}}}
    assert ask(host(used=used), extra_specs=one_node).had == 0
    assert ask(host(used=used, cpu_allocation_ratio=2.0), extra_specs=one_node) is filters.PASS


def test_dedicated_cpus_are_not_counted_as_shared_ones():
    assert not core_filter.CoreFilter(states.spec(vcpus=64, extra_specs=PINNED)).applies
    assert core_filter.CoreFilter(states.spec(vcpus=3, extra_specs={
        'hw:cpu_policy': 'mixed', 'hw:cpu_dedicated_mask': '0'})).wanted == 2


def test_a_host_is_smaller_when_a_pick_of_the_request_is_taken_off():
    spec = states.spec(vcpus=2, extra_specs=PINNED)
    before = host()
    after = before.consumed(*spec.to_claim())
    assert [each.numa_topology.cells[0].free_pcpus for each in (before, after)] == [{0, 1, 2, 3}, {2, 3}]
    twice = after.consumed(*spec.to_claim())
    assert ask(twice, vcpus=1, extra_specs=PINNED).had == 0
    assert twice.room_vcpus == before.room_vcpus and twice.room_memory_mb < before.room_memory_mb


def test_how_many_more_fit_is_counted_by_cells():
    spec = states.spec(vcpus=2, extra_specs=PINNED)

    class Manager:
        @staticmethod
        def get_filters(wanted):
            return [numa_topology_filter.NUMATopologyFilter(wanted)]

        @staticmethod
        def get_all_host_states():
            return [host()]
    found, = capacity.of_hosts(Manager, spec)
    assert (found.fits, found.limit) == (
        2, 'NUMATopologyFilter: needs 2 dedicated CPUs in one NUMA cell, most free 0')
