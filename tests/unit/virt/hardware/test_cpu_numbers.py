# SPDX-License-Identifier: Apache-2.0
"""Sets of CPUs as text; sockets, cores and threads; what a host offers by its options."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mininova import exception
from mininova.virt import hardware
from mininova.virt.hardware import cpu_topology
from tests.unit.virt.hardware.wishes import cell, flavor, image


@pytest.mark.parametrize(('text', 'cpus'), [
    ('0', {0}), ('0-3', {0, 1, 2, 3}), ('0-3,^2', {0, 1, 3}), (' 1 , 3 ,', {1, 3}), ('0-7,^2-5', {0, 1, 6, 7}),
    ('', set()), ('^1,1-2', {2})])
def test_sets_of_cpus(text, cpus):
    assert hardware.parse_cpu_spec(text) == cpus


@pytest.mark.parametrize('text', ['a', '3-1', '1-', '-1', '1-2-3', '^x', '0-99999999999', '1;2'])
def test_texts_that_are_no_sets_of_cpus(text):
    with pytest.raises(exception.Invalid):
        hardware.parse_cpu_spec(text)


@given(st.sets(st.integers(0, 300)))
def test_a_set_comes_back_from_its_text(cpus):
    assert hardware.parse_cpu_spec(hardware.format_cpu_spec(cpus)) == cpus


@pytest.mark.parametrize(('vcpus', 'specs', 'properties', 'expected'), [
    (4, {}, {}, (4, 1, 1)),
    (8, {'hw__cpu_sockets': 2}, {}, (2, 4, 1)),
    (8, {'hw__cpu_sockets': 2, 'hw__cpu_cores': 2, 'hw__cpu_threads': 2}, {}, (2, 2, 2)),
    (8, {'hw__cpu_max_sockets': 2}, {}, (2, 4, 1)),
    (8, {'hw__cpu_max_sockets': 2, 'hw__cpu_max_cores': 2}, {}, (2, 2, 2)),
    (8, {'hw__cpu_sockets': 2}, {'hw_cpu_cores': 8}, (1, 8, 1)),
    (8, {'hw__cpu_max_sockets': 4}, {'hw_cpu_max_sockets': 2}, (2, 4, 1)),
    # The image's limit is below what the flavor prefers: that is dropped.
    (8, {'hw__cpu_sockets': 4}, {'hw_cpu_max_sockets': 2}, (2, 4, 1)),
    (7, {'hw__cpu_sockets': 2}, {}, (7, 1, 1))])
def test_what_a_guest_sees(vcpus, specs, properties, expected):
    assert hardware.get_best_cpu_topology(flavor(vcpus, **specs), image(**properties)) == expected


def test_threads_of_the_host_are_shown_unless_somebody_wants_otherwise():
    assert hardware.get_best_cpu_topology(flavor(8), image(), threads=2) == (4, 1, 2)
    assert hardware.get_best_cpu_topology(flavor(7), image(), threads=2) == (7, 1, 1)
    assert hardware.get_best_cpu_topology(flavor(8, hw__cpu_threads=1), image(), threads=2) == (8, 1, 1)


@pytest.mark.parametrize(('specs', 'properties', 'error'), [
    ({'hw__cpu_max_cores': 2}, {'hw_cpu_max_cores': 4}, exception.ImageVCPULimitsRangeExceeded),
    ({'hw__cpu_max_cores': 2}, {'hw_cpu_cores': 4}, exception.ImageVCPUTopologyRangeExceeded),
    ({'hw__cpu_max_sockets': 1, 'hw__cpu_max_cores': 2, 'hw__cpu_max_threads': 1}, {},
     exception.ImageVCPULimitsRangeImpossible),
    ({'hw__cpu_sockets': 'many'}, {}, exception.InvalidRequest)])
def test_what_cannot_be(specs, properties, error):
    with pytest.raises(error) as caught:
        hardware.validate(flavor(**specs), image(**properties))
    assert caught.value.code == 400 and caught.value.format_message()


@settings(deadline=None)
@given(st.integers(1, 64), st.lists(st.integers(0, 9), min_size=6, max_size=6))
def test_what_a_guest_sees_is_what_it_has_within_the_limits(vcpus, numbers):
    names = [f'hw__cpu_{limit}{part}' for limit in ('', 'max_') for part in cpu_topology.PARTS]
    wanted = flavor(vcpus, **dict(zip(names, numbers, strict=True)))
    try:
        found = hardware.get_best_cpu_topology(wanted, image())
    except exception.ImageVCPULimitsRangeImpossible:
        return
    assert found.vcpus == vcpus
    assert all(not limit or have <= limit for have, limit in zip(found, numbers[3:], strict=True))


# -- hosts ------------------------------------------------------------------------------------


def raw_cells():
    return [cell(number, shared=range(number * 4, number * 4 + 4), siblings=[(number * 4, number * 4 + 1)],
                 mempages=[(4, 1000), (2048, 100)]) for number in range(2)]


@pytest.mark.parametrize(('dedicated', 'shared', 'expected'), [
    (None, None, [(set(), {0, 1, 2, 3}), (set(), {4, 5, 6, 7})]),
    ('1-3,5-7', '0,4', [({1, 2, 3}, {0}), ({5, 6, 7}, {4})]),
    ('0-7', None, [({0, 1, 2, 3}, set()), ({4, 5, 6, 7}, set())]),
    (None, '0-1', [(set(), {0, 1}), (set(), set())]),
    ('9', '0', [(set(), {0}), (set(), set())])])
def test_options_say_which_cpus_are_for_whom(conf, dedicated, shared, expected):
    conf.config(group='compute', cpu_dedicated_set=dedicated, cpu_shared_set=shared)
    found = hardware.get_host_topology(raw_cells())
    assert [(each.pcpuset, each.cpuset) for each in found.cells] == expected
    assert hardware.shared_cpus(range(8)) == set().union(*(each.cpuset for each in found.cells))
    again = hardware.NUMATopology.from_documents(found.to_facts())
    assert again == found


@pytest.mark.parametrize('values', [
    {'cpu_dedicated_set': '0-3', 'cpu_shared_set': '3-4'}, {'cpu_dedicated_set': 'all'}, {'cpu_shared_set': '1,^1'}])
def test_options_that_make_no_sense(conf, values):
    conf.config(group='compute', **values)
    with pytest.raises(exception.InvalidConfiguration):
        hardware.get_host_topology(raw_cells())


def test_reserved_huge_pages_are_nobodys(conf):
    conf.config(reserved_huge_pages=[{'node': '1', 'size': '2048', 'count': '30'},
                                     {'node': '0', 'size': '2048', 'count': '999'}])
    found = hardware.get_host_topology(raw_cells())
    assert [[pages.free for pages in each.mempages] for each in found.cells] == [[1000, 0], [1000, 70]]
    conf.config(reserved_huge_pages=[{'node': '1'}])
    with pytest.raises(exception.InvalidConfiguration):
        hardware.get_host_topology(raw_cells())
