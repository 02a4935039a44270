# SPDX-License-Identifier: Apache-2.0
"""Any fit is valid, and where there is one it is found."""
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mininova.virt import hardware
from mininova.virt.hardware import fitting, pages, topology
from tests.unit.virt.hardware.wishes import cell, host, wish

CORES = [(0, 4), (1, 5), (2, 6), (3, 7)]


def fit(cells, limits=fitting.Limits(), **wanted):
    return hardware.numa_fit_instance_to_host(host(*cells), wish(**wanted), limits)


def pins(found):
    assert isinstance(found, hardware.InstanceNUMATopology), found
    return found.cpu_pinning


def refused(found):
    assert isinstance(found, hardware.Misfit), found
    return found.text


# -- by example -----------------------------------------------------------------------------


def test_dedicated_cpus_are_nobody_elses():
    cells = [cell(dedicated=range(4), pinned=[1])]
    assert pins(fit(cells, vcpus=3, hw__cpu_policy='dedicated')) == {0: 0, 1: 2, 2: 3}
    assert refused(fit(cells, vcpus=4, hw__cpu_policy='dedicated')) == (
        'needs 4 dedicated CPUs in one NUMA cell, most free 3')


def test_a_host_without_dedicated_cpus_takes_no_pinned_server():
    assert refused(fit([cell(shared=range(4))], hw__cpu_policy='dedicated')).endswith('most free 0')
    assert refused(hardware.numa_fit_instance_to_host(None, wish(hw__numa_nodes=1))) == 'tells of no NUMA cells'


def test_threads_of_a_core_go_together_and_whole_cores_are_spared():
    cells = [cell(dedicated=range(8), siblings=CORES, pinned=[0])]
    found = fit(cells, vcpus=4, hw__cpu_policy='dedicated')
    assert (pins(found), found.cells[0].threads) == ({0: 1, 1: 5, 2: 2, 3: 6}, 2)
    assert found.cells[0].siblings == [{0, 1}, {2, 3}]
    # One CPU alone may have the thread whose neighbour is somebody else's; prefer takes what is there.
    assert len(pins(fit(cells, vcpus=7, hw__cpu_policy='dedicated'))) == 7


def test_required_threads_are_there_or_it_does_not_fit():
    wanted = {'hw__cpu_policy': 'dedicated', 'hw__cpu_thread_policy': 'require'}
    assert refused(fit([cell(dedicated=range(8))], vcpus=2, **wanted)) == (
        'needs 2 CPUs that are threads of one core in one NUMA cell, most free 0')
    half = [cell(dedicated=range(8), siblings=CORES, pinned=[0, 1, 2, 3])]
    assert isinstance(fit(half, vcpus=2, **wanted), hardware.Misfit)
    assert pins(fit([cell(dedicated=range(8), siblings=CORES, pinned=[0, 1])], vcpus=3, **wanted)) == {
        0: 2, 1: 6, 2: 3}
    # Four threads of one core and two of another are six, though no number of threads per core gives that.
    uneven = [cell(dedicated=range(6), siblings=[(0, 1, 2, 3), (4, 5)])]
    assert len(pins(fit(uneven, vcpus=6, **wanted))) == 6


def test_an_isolated_cpu_has_its_core_to_itself():
    wanted = {'hw__cpu_policy': 'dedicated', 'hw__cpu_thread_policy': 'isolate'}
    cells = [cell(dedicated=range(8), siblings=CORES, pinned=[4])]
    found = fit(cells, vcpus=3, **wanted)
    assert (pins(found), found.cells[0].blocked) == ({0: 1, 1: 2, 2: 3}, {5, 6, 7})
    assert found.cells[0].taken_cpus == {1, 2, 3, 5, 6, 7}
    assert refused(fit(cells, vcpus=4, **wanted)) == 'needs 4 idle cores in one NUMA cell, most free 3'
    # A core of which other servers share a thread is not idle, a machine without such threads is no obstacle.
    shared = [cell(dedicated=range(4), shared=range(4, 8), siblings=CORES)]
    assert isinstance(fit(shared, vcpus=1, **wanted), hardware.Misfit)
    assert pins(fit([cell(dedicated=range(2))], vcpus=2, **wanted)) == {0: 0, 1: 1}


def test_the_emulator_gets_a_cpu_of_its_own_beside_the_first_node():
    wanted = {'hw__cpu_policy': 'dedicated', 'hw__emulator_threads_policy': 'isolate'}
    found = fit([cell(dedicated=range(5))], **wanted)
    assert (len(pins(found)), len(found.cpuset_reserved)) == (4, 1)
    assert not found.cpuset_reserved & set(found.cpu_pinning.values())
    assert 'needs 5 dedicated CPUs' in refused(fit([cell(dedicated=range(4))], **wanted))
    two = fit([cell(0, dedicated=range(2)), cell(1, dedicated=range(2, 5))], hw__numa_nodes=2, **wanted)
    assert [each.id for each in two.cells] == [1, 0]


def test_shared_cpus_and_memory_may_be_promised_as_often_as_the_ratios_say():
    cells = [cell(shared=range(4), memory=1024, cpu_usage=4, memory_usage=512)]
    assert 'needs 4 shared CPUs in one NUMA cell, most free 0 of 4 x 1' in refused(fit(cells, hw__numa_nodes=1))
    generous = fitting.Limits(2.0, 1.5)
    assert fit(cells, generous, hw__numa_nodes=1).cells[0].id == 0
    assert 'most free 512 MB of 1024 x 1' in refused(fit(cells, fitting.Limits(2.0, 1.0), hw__numa_nodes=1))
    # No single server is larger than the cell.
    assert 'which has 4' in refused(fit(cells, fitting.Limits(16.0, 16.0), vcpus=5, hw__numa_nodes=1))
    assert isinstance(fit(cells, fitting.Limits(16, 16), memory_mb=1025, hw__numa_nodes=1), hardware.Misfit)


def test_a_mixed_server_has_both_kinds():
    found = fit([cell(dedicated=range(4), shared=[4, 5])], hw__cpu_policy='mixed', hw__cpu_dedicated_mask='2-3')
    assert (pins(found), found.cells[0].cpuset) == ({2: 0, 3: 1}, {0, 1})


PAGES = [(4, 1000000, 0, 0), (2048, 600, 100, 0), (1048576, 2, 0, 1)]


@pytest.mark.parametrize(('wanted', 'memory_mb', 'size'), [
    ('small', 1024, 4), ('large', 1024, 1048576), ('any', 1024, 1048576), ('large', 512, 2048), ('2048', 1000, 2048),
    ('4', 1024, 4), ('any', 2048, 4), ('1GB', 1024, 1048576)])
def test_pages_of_the_wanted_size(wanted, memory_mb, size):
    found = fit([cell(shared=range(4), mempages=PAGES)], memory_mb=memory_mb, hw__mem_page_size=wanted)
    assert [(each.pagesize, each.pages * size) for each in found.cells] == [(size, memory_mb * 1024)]


@pytest.mark.parametrize(('wanted', 'memory_mb', 'text'), [
    ('2MB', 1002, 'needs 501 memory pages of 2048 KiB in one NUMA cell, most free 500'),
    ('1GB', 2048, 'needs 2 memory pages of 1048576 KiB in one NUMA cell, most free 1'),
    ('2MB', 3, 'has pages of 2048 KiB, which 3 MB is not a multiple of'),
    ('16MB', 1024, 'has no memory pages of size 16384 KiB: its sizes are 4, 2048, 1048576 KiB')])
def test_too_few_pages_are_told_with_their_numbers(wanted, memory_mb, text):
    assert refused(fit([cell(shared=range(4), mempages=PAGES)], memory_mb=memory_mb, hw__mem_page_size=wanted)) == text


def test_a_host_without_huge_pages_has_no_large_ones():
    assert 'no memory pages of size large' in refused(
        fit([cell(shared=range(4), mempages=PAGES[:1])], hw__mem_page_size='large'))


def test_cells_with_the_most_left_are_taken_first_or_last(conf):
    cells = [cell(0, shared=range(4), cpu_usage=1), cell(1, shared=range(4))]
    generous = fitting.Limits(4.0, 1.0)
    assert fit(cells, generous, hw__numa_nodes=1).cells[0].id == 1
    conf.config(group='compute', packing_host_numa_cells_allocation_strategy=True)
    assert fit(cells, generous, hw__numa_nodes=1).cells[0].id == 0


def test_nodes_make_room_for_each_other():
    # The first node fits everywhere and would rather have the emptier cell, which the second one needs.
    cells = [cell(0, dedicated=range(2)), cell(1, dedicated=range(2, 6))]
    found = fit(cells, hw__cpu_policy='dedicated', hw__numa_nodes=2, hw__numa_cpus_0='0', hw__numa_cpus_1='1-3',
                hw__numa_mem_0=512, hw__numa_mem_1=512)
    assert [each.id for each in found.cells] == [0, 1]
    assert refused(fit(cells[:1], hw__cpu_policy='dedicated', hw__numa_nodes=2)) == 'needs 2 NUMA cells, has 1'
    crowded = [cell(0, dedicated=range(4)), cell(1, dedicated=[4])]
    assert refused(fit(crowded, hw__cpu_policy='dedicated', hw__numa_nodes=2)) == (
        'has room for 1 of 2 NUMA nodes in cells of their own')


# -- in general -----------------------------------------------------------------------------------

POLICIES = st.sampled_from([None, 'prefer', 'isolate', 'require'])


@st.composite
def cells_of_hosts(draw, number):
    """A cell with some CPUs dedicated, some shared, some of them used."""
    first, threads = number * 12, draw(st.integers(1, 3))
    cpus = list(range(first, first + 12))
    cores = [cpus[start:start + threads] for start in range(0, 12, threads)]
    dedicated = draw(st.sets(st.sampled_from(cpus)))
    shared = draw(st.sets(st.sampled_from(cpus))) - dedicated
    pinned = draw(st.sets(st.sampled_from(sorted(dedicated)))) if dedicated else set()
    total = draw(st.integers(0, 64))
    return cell(number, dedicated, shared, draw(st.integers(0, 256)), cores,
                [(4, 65536, 0, 0), (2048, total, draw(st.integers(0, total)), 0)], pinned,
                draw(st.integers(0, 8)), draw(st.integers(0, 64)))


@st.composite
def servers(draw):
    """A wish that makes sense."""
    nodes = draw(st.integers(1, 3))
    vcpus, memory_mb = nodes * draw(st.integers(1, 4)), nodes * draw(st.integers(1, 64))
    specs = {'hw__numa_nodes': nodes}
    policy = draw(st.sampled_from([None, 'dedicated', 'mixed'] if vcpus > 1 else [None, 'dedicated']))
    if policy:
        specs['hw__cpu_policy'] = policy
        thread_policy, emulator = draw(POLICIES), draw(st.sampled_from([None, 'share', 'isolate']))
        specs.update({'hw__cpu_thread_policy': thread_policy} if thread_policy else {})
        specs.update({'hw__emulator_threads_policy': emulator} if emulator else {})
    if policy == 'mixed':
        specs['hw__cpu_dedicated_mask'] = f'0-{draw(st.integers(0, vcpus - 2))}'
    if draw(st.booleans()):
        specs['hw__mem_page_size'] = draw(st.sampled_from(['small', 'large', 'any', '2048']))
    return wish(vcpus, memory_mb, **specs)


HOSTS = st.integers(1, 3).flatmap(lambda count: st.tuples(*(cells_of_hosts(number) for number in range(count)))).map(
    lambda cells: host(*cells))
LIMITS = st.builds(fitting.Limits, st.sampled_from([1.0, 2.0, 16.0]), st.sampled_from([1.0, 1.5]))


def assert_valid(machine, wanted, found, limits):
    """Check a fit against what it may use, without asking who made it."""
    by_id = {each.id: each for each in machine.cells}
    assert len({each.id for each in found.cells}) == len(found.cells) == len(wanted.cells)
    reserve = wanted.emulator_threads_policy == 'isolate'
    assert len(found.cpuset_reserved) == reserve
    for node, had in zip(wanted.cells, found.cells, strict=True):
        own = by_id[had.id]
        assert (had.cpuset, had.pcpuset, had.memory) == (node.cpuset, node.pcpuset, node.memory)
        assert set(had.cpu_pinning) == node.pcpuset
        used = list(had.cpu_pinning.values()) + list(had.cpuset_reserved) + list(had.blocked)
        assert len(used) == len(set(used)), 'a CPU twice'
        assert set(used) <= own.pcpuset - own.pinned_cpus
        assert own.memory_usage + had.memory <= own.memory * limits.ram_allocation_ratio and had.memory <= own.memory
        if node.cpuset:
            assert own.cpu_usage + len(node.cpuset) <= len(own.cpuset) * limits.cpu_allocation_ratio
            assert len(node.cpuset) <= len(own.cpuset)
        assert_threads(own, node, had)
        assert_pages(own, node, had)


def assert_threads(own, node, had):
    cores = {cpu: next((core for core in own.siblings if cpu in core), {cpu}) for cpu in had.taken_cpus}
    if node.cpu_thread_policy == 'isolate':
        for cpu in [*had.cpu_pinning.values(), *had.cpuset_reserved]:
            beside = cores[cpu] - {cpu}
            assert not beside & own.pinned_cpus and not beside & own.cpuset
            assert beside & own.pcpuset <= had.blocked
    if node.cpu_thread_policy == 'require' and node.pcpuset:
        chosen = set(had.cpu_pinning.values())
        alone = [cpu for cpu in chosen if not (cores[cpu] - {cpu}) & chosen]
        assert len(alone) <= 1, 'more than one CPU without a neighbour'
        assert all(len(cores[cpu]) > 1 for cpu in chosen)


def assert_pages(own, node, had):
    if node.pagesize is None:
        assert had.pagesize is None
        return
    kind = next(each for each in own.mempages if each.size_kb == had.pagesize)
    assert had.memory * 1024 % had.pagesize == 0 and had.memory * 1024 // had.pagesize <= kind.free
    assert {pages.MEMPAGES_SMALL: had.pagesize == 4, pages.MEMPAGES_LARGE: had.pagesize == 2048,
            pages.MEMPAGES_ANY: True}.get(node.pagesize, had.pagesize == node.pagesize)


@settings(max_examples=150, deadline=None)
@given(HOSTS, servers(), LIMITS)
def test_any_fit_is_valid(machine, wanted, limits):
    before = machine.to_facts()
    found = hardware.numa_fit_instance_to_host(machine, wanted, limits)
    assert machine.to_facts() == before
    if isinstance(found, hardware.Misfit):
        assert found.text and found.had <= found.wanted or 'multiple' in found.text
    else:
        assert_valid(machine, wanted, found, limits)


@settings(max_examples=60, deadline=None)
@given(HOSTS, servers(), LIMITS)
def test_where_some_order_of_cells_fits_it_is_found(machine, wanted, limits):
    """Each node alone in each cell says whether it fits there; trying all orders finds a fit if there is one."""
    def alone(number, each):
        one = hardware.InstanceNUMATopology([wanted.cells[number]], wanted.emulator_threads_policy if number == 0
                                            else None)
        return not isinstance(hardware.numa_fit_instance_to_host(host(each), one, limits), hardware.Misfit)
    possible = any(all(alone(number, each) for number, each in enumerate(order))
                   for order in itertools.permutations(machine.cells, len(wanted.cells)))
    found = hardware.numa_fit_instance_to_host(machine, wanted, limits)
    assert isinstance(found, hardware.InstanceNUMATopology) == possible


@settings(max_examples=60, deadline=None)
@given(HOSTS, st.lists(servers(), max_size=6), LIMITS, st.randoms(use_true_random=False))
def test_servers_that_come_and_go_leave_nothing_and_share_nothing(machine, wishes, limits, random):
    facts, usage, there = machine.to_facts(), {}, []
    for wanted in wishes:
        current = topology.NUMATopology.from_documents(facts, usage)
        found = hardware.numa_fit_instance_to_host(current, wanted, limits)
        if isinstance(found, hardware.Misfit):
            continue
        assert_valid(current, wanted, found, limits)
        taken = [cpu for other in there for each in other.cells for cpu in each.taken_cpus]
        assert not set(taken) & {cpu for each in found.cells for cpu in each.taken_cpus}
        usage = topology.add_usage(usage, found)
        there.append(topology.InstanceNUMATopology.from_document(found.to_document()))
        if random.random() < 0.3:
            usage = topology.add_usage(usage, there.pop(random.randrange(len(there))), sign=-1)
    for found in there:
        usage = topology.add_usage(usage, found, sign=-1)
    assert usage == {}
