# SPDX-License-Identifier: Apache-2.0
"""What flavor and image want, who of them decides, and what they cannot have together."""
import pytest

from mininova import exception
from mininova.virt import hardware
from mininova.virt.hardware import pages
from tests.unit.virt.hardware.wishes import flavor, image, wish

SMALL, LARGE, ANY = pages.MEMPAGES_SMALL, pages.MEMPAGES_LARGE, pages.MEMPAGES_ANY


def nodes(found):
    return [(sorted(cell.cpuset), sorted(cell.pcpuset), cell.memory) for cell in found.cells]


@pytest.mark.parametrize('specs', [
    {}, {'quota__cpu_shares': 5}, {'hw__cpu_policy': 'shared'}, {'hw__cpu_sockets': 2}, {'resources__VCPU': 4},
    # Without a number of nodes nobody asks what is on them.
    {'hw__numa_cpus_0': '0-3', 'hw__numa_mem_0': '1024'}])
def test_most_flavors_want_no_numa_nodes(specs):
    assert hardware.numa_get_constraints(flavor(**specs), image()) is None
    assert hardware.describe_wishes(flavor(**specs), None) is None
    assert hardware.shared_vcpus(flavor(**specs), image()) == 4


def test_cpus_and_memory_are_spread_evenly():
    assert nodes(wish(hw__numa_nodes=2)) == [([0, 1], [], 512), ([2, 3], [], 512)]
    assert nodes(hardware.numa_get_constraints(flavor(), image(hw_numa_nodes=1))) == [([0, 1, 2, 3], [], 1024)]
    for vcpus, memory_mb in ((3, 1024), (4, 1023)):
        with pytest.raises(exception.ImageNUMATopologyAsymmetric):
            wish(vcpus, memory_mb, hw__numa_nodes=2)


def test_cpus_and_memory_are_put_where_they_are_told():
    told = {'hw__numa_nodes': 2, 'hw__numa_cpus_0': '0,2-3', 'hw__numa_cpus_1': '1', 'hw__numa_mem_0': 1000,
            'hw__numa_mem_1': 24}
    assert nodes(wish(**told)) == [([0, 2, 3], [], 1000), ([1], [], 24)]
    of_image = {name.replace('hw__', 'hw_'): value for name, value in told.items()}
    assert nodes(hardware.numa_get_constraints(flavor(), image(**of_image))) == nodes(wish(**told))


@pytest.mark.parametrize(('changes', 'error'), [
    ({'hw__numa_nodes': 0}, exception.InvalidNUMANodesNumber),
    ({'hw__numa_nodes': 'two'}, exception.InvalidNUMANodesNumber),
    ({'hw__numa_cpus_1': None}, exception.ImageNUMATopologyIncomplete),
    ({'hw__numa_mem_0': None}, exception.ImageNUMATopologyIncomplete),
    ({'hw__numa_nodes': 3}, exception.ImageNUMATopologyIncomplete),
    ({'hw__numa_cpus_1': '2-4'}, exception.ImageNUMATopologyCPUOutOfRange),
    ({'hw__numa_cpus_1': '1-3'}, exception.ImageNUMATopologyCPUDuplicates),
    ({'hw__numa_cpus_1': '2'}, exception.ImageNUMATopologyCPUsUnassigned),
    ({'hw__numa_mem_1': 513}, exception.ImageNUMATopologyMemoryOutOfRange),
    ({'hw__numa_mem_1': 'much'}, exception.InvalidRequest),
    ({'hw__numa_cpus_1': '3-2'}, exception.Invalid)])
def test_nodes_that_make_no_sense_are_refused(changes, error):
    told = {'hw__numa_nodes': 2, 'hw__numa_cpus_0': '0-1', 'hw__numa_cpus_1': '2-3', 'hw__numa_mem_0': 512,
            'hw__numa_mem_1': 512, **changes}
    with pytest.raises(error) as caught:
        wish(**{name: value for name, value in told.items() if value is not None})
    assert caught.value.code == 400


@pytest.mark.parametrize(('specs', 'properties'), [
    ({'hw__numa_nodes': 1}, {'hw_numa_nodes': 2}),
    ({'hw__numa_nodes': 1, 'hw__numa_cpus_0': '0-3'}, {'hw_numa_cpus_0': '0-3'}),
    ({'hw__numa_nodes': 1, 'hw__numa_mem_0': '1024'}, {'hw_numa_mem_0': '1024'})])
def test_an_image_does_not_override_the_nodes_of_the_flavor(specs, properties):
    with pytest.raises(exception.ImageNUMATopologyForbidden):
        hardware.numa_get_constraints(flavor(**specs), image(**properties))


# -- page sizes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(('text', 'size'), [
    ('small', SMALL), ('large', LARGE), ('any', ANY), ('2048', 2048), ('2MB', 2048), ('2MiB', 2048), ('1GB', 1048576),
    ('4KB', 4), ('16Mb', 2048)])
def test_page_sizes(text, size):
    wanted = wish(hw__mem_page_size=text)
    assert [cell.pagesize for cell in wanted.cells] == [size]
    assert nodes(wanted) == [([0, 1, 2, 3], [], 1024)]


@pytest.mark.parametrize('text', ['huge', '0', '-5', '2 apples', '1B', '1G'])
def test_page_sizes_that_are_none(text):
    with pytest.raises(exception.MemoryPageSizeInvalid):
        wish(hw__mem_page_size=text)


@pytest.mark.parametrize(('of_flavor', 'of_image', 'size'), [
    ('any', '2048', 2048), ('large', '1GB', 1048576), ('any', 'small', SMALL), ('large', None, LARGE)])
def test_an_image_chooses_where_the_flavor_leaves_the_choice(of_flavor, of_image, size):
    properties = {'hw_mem_page_size': of_image} if of_image else {}
    found = hardware.numa_get_constraints(flavor(hw__mem_page_size=of_flavor), image(**properties))
    assert found.cells[0].pagesize == size


@pytest.mark.parametrize('of_flavor', [None, 'small', '2048'])
def test_an_image_does_not_choose_otherwise(of_flavor):
    specs = {'hw__mem_page_size': of_flavor} if of_flavor else {}
    with pytest.raises(exception.MemoryPageSizeForbidden):
        hardware.numa_get_constraints(flavor(**specs), image(hw_mem_page_size='large'))


def test_locked_memory_needs_a_page_size():
    with pytest.raises(exception.LockMemoryForbidden):
        wish(hw__locked_memory='true')
    assert wish(hw__locked_memory='true', hw__mem_page_size='small')
    with pytest.raises(exception.FlavorImageConflict):
        hardware.numa_get_constraints(flavor(hw__locked_memory='true', hw__mem_page_size='small'),
                                      image(hw_locked_memory='false'))


# -- who has which CPUs ---------------------------------------------------------------------------


@pytest.mark.parametrize(('of_flavor', 'of_image', 'policy'), [
    (None, None, None), ('dedicated', None, 'dedicated'), (None, 'dedicated', 'dedicated'), (None, 'shared', 'shared'),
    ('dedicated', 'shared', 'dedicated'), ('shared', 'shared', 'shared'), ('dedicated', 'dedicated', 'dedicated'),
    ('shared', 'dedicated', exception.ImageCPUPinningForbidden),
    ('shared', 'mixed', exception.ImageCPUPinningForbidden),
    ('mixed', 'dedicated', exception.ImageCPUPinningForbidden), ('mine', None, exception.InvalidCPUAllocationPolicy),
    (None, 'mine', exception.InvalidCPUAllocationPolicy)])
def test_cpu_policies_of_flavor_and_image(of_flavor, of_image, policy):
    specs = {'hw__cpu_policy': of_flavor} if of_flavor else {}
    properties = {'hw_cpu_policy': of_image} if of_image else {}
    if isinstance(policy, type):
        with pytest.raises(policy):
            hardware.numa_get_constraints(flavor(**specs), image(**properties))
        return
    found = hardware.numa_get_constraints(flavor(**specs), image(**properties))
    assert (found is not None) == (policy == 'dedicated')
    if found:
        assert nodes(found) == [([], [0, 1, 2, 3], 1024)]
    assert hardware.shared_vcpus(flavor(**specs), image(**properties)) == (0 if policy == 'dedicated' else 4)


@pytest.mark.parametrize(('of_flavor', 'of_image', 'policy'), [
    ('isolate', None, 'isolate'), (None, 'require', 'require'), ('prefer', 'require', 'prefer'),
    ('isolate', 'isolate', 'isolate'), ('isolate', 'require', exception.ImageCPUThreadPolicyForbidden),
    ('some', None, exception.InvalidCPUThreadAllocationPolicy)])
def test_thread_policies_of_flavor_and_image(of_flavor, of_image, policy):
    specs = {'hw__cpu_thread_policy': of_flavor} if of_flavor else {}
    properties = {'hw_cpu_thread_policy': of_image} if of_image else {}
    wanted = flavor(hw__cpu_policy='dedicated', **specs)
    if isinstance(policy, type):
        with pytest.raises(policy):
            hardware.numa_get_constraints(wanted, image(**properties))
    else:
        assert hardware.numa_get_constraints(wanted, image(**properties)).cells[0].cpu_thread_policy == policy


@pytest.mark.parametrize(('specs', 'error'), [
    ({'hw__cpu_thread_policy': 'isolate'}, exception.CPUThreadPolicyConfigurationInvalid),
    ({'hw__cpu_policy': 'shared', 'hw__cpu_thread_policy': 'prefer'}, exception.CPUThreadPolicyConfigurationInvalid),
    ({'hw__emulator_threads_policy': 'isolate'}, exception.BadRequirementEmulatorThreadsPolicy),
    ({'hw__emulator_threads_policy': 'mine'}, exception.InvalidEmulatorThreadsPolicy),
    ({'hw__cpu_dedicated_mask': '0'}, exception.RequiredMixedInstancePolicy),
    ({'hw__cpu_policy': 'dedicated', 'hw__cpu_dedicated_mask': '0'}, exception.RequiredMixedInstancePolicy),
    ({'hw__cpu_policy': 'mixed'}, exception.RequiredMixedOrRealtimeCPUMask),
    ({'hw__cpu_policy': 'mixed', 'hw__cpu_dedicated_mask': '0-3'}, exception.InvalidMixedInstanceDedicatedMask),
    ({'hw__cpu_policy': 'mixed', 'hw__cpu_dedicated_mask': '9'}, exception.InvalidMixedInstanceDedicatedMask),
    ({'hw__cpu_policy': 'mixed', 'hw__cpu_dedicated_mask': '0', 'hw__cpu_realtime': 'yes',
      'hw__cpu_realtime_mask': '0'}, exception.RequiredMixedOrRealtimeCPUMask),
    ({'hw__cpu_realtime': 'yes'}, exception.RealtimeConfigurationInvalid),
    ({'hw__cpu_policy': 'dedicated', 'hw__cpu_realtime': 'yes'}, exception.RealtimeMaskNotFoundOrInvalid),
    ({'hw__cpu_policy': 'dedicated', 'hw__cpu_realtime': 'yes', 'hw__cpu_realtime_mask': '0-3'},
     exception.RealtimeMaskNotFoundOrInvalid),
    ({'hw__cpu_policy': 'dedicated', 'hw__cpu_realtime': 'yes', 'hw__cpu_realtime_mask': '2-7'},
     exception.RealtimeMaskNotFoundOrInvalid),
    ({'hw__cpu_policy': 'dedicated', 'resources__PCPU': 4}, exception.InvalidRequest),
    ({'resources__VCPU': 2, 'resources__PCPU': 2}, exception.InvalidRequest),
    ({'resources__PCPU': 'four'}, exception.InvalidRequest),
    ({'resources__PCPU': 4, 'hw__emulator_threads_policy': 'isolate'}, exception.InvalidRequest),
    ({'hw__cpu_policy': 'dedicated', 'hw__cpu_thread_policy': 'isolate',
      'trait__HW_CPU_HYPERTHREADING': 'forbidden'}, exception.InvalidRequest)])
def test_policies_that_contradict_themselves_are_refused(specs, error):
    with pytest.raises(error) as caught:
        wish(**specs)
    assert caught.value.code == 400


def test_a_mixed_server_has_both_kinds():
    wanted = wish(hw__cpu_policy='mixed', hw__cpu_dedicated_mask='^0', hw__numa_nodes=2)
    assert nodes(wanted) == [([0], [1], 512), ([], [2, 3], 512)]
    mixed = flavor(hw__cpu_policy='mixed', hw__cpu_dedicated_mask='2-3')
    assert hardware.shared_vcpus(mixed, image()) == 2
    by_realtime = flavor(hw__cpu_policy='mixed', hw__cpu_realtime='yes', hw__cpu_realtime_mask='^0-1')
    assert nodes(hardware.numa_get_constraints(by_realtime, image())) == [([0, 1], [2, 3], 1024)]
    assert hardware.get_realtime_cpu_constraint(by_realtime, image()) == {2, 3}


def test_resources_and_traits_say_the_same_in_other_words():
    wanted = wish(resources__PCPU=4, trait__HW_CPU_HYPERTHREADING='required')
    assert (nodes(wanted), wanted.cells[0].cpu_thread_policy) == ([([], [0, 1, 2, 3], 1024)], 'require')
    wanted = wish(resources__PCPU=5, hw__emulator_threads_policy='isolate', trait__HW_CPU_HYPERTHREADING='forbidden')
    assert (wanted.emulator_threads_policy, wanted.cells[0].cpu_thread_policy) == ('isolate', 'isolate')
    assert hardware.shared_vcpus(flavor(resources__VCPU=2), image()) == 2
    with pytest.raises(exception.FlavorImageConflict):
        hardware.numa_get_constraints(
            flavor(resources__PCPU=4, trait__HW_CPU_HYPERTHREADING='required'),
            types_image('trait:HW_CPU_HYPERTHREADING', 'forbidden'))


def types_image(name, value):
    found = image()
    found.properties = {name: value}
    return found


def test_realtime_masks():
    def realtime(properties=None, **specs):
        wanted = flavor(hw__cpu_policy='dedicated', hw__cpu_realtime='yes', **specs)
        return hardware.get_realtime_cpu_constraint(wanted, image(**(properties or {})))
    assert realtime(hw__cpu_realtime_mask='^0') == {1, 2, 3}
    assert realtime(hw__cpu_realtime_mask='2-3') == {2, 3}
    assert realtime({'hw_cpu_realtime_mask': '1'}, hw__cpu_realtime_mask='2-3') == {1}
    assert realtime(hw__emulator_threads_policy='share') == {0, 1, 2, 3}
    assert hardware.get_realtime_cpu_constraint(flavor(), image()) == frozenset()
    # An image cannot make a server's CPUs realtime ones.
    assert hardware.get_realtime_cpu_constraint(
        flavor(hw__cpu_policy='dedicated'), image(hw_cpu_realtime='yes', hw_cpu_realtime_mask='^0')) == frozenset()


def test_a_wish_survives_as_a_document():
    wanted = wish(hw__cpu_policy='mixed', hw__cpu_dedicated_mask='^0', hw__numa_nodes=2, hw__mem_page_size='large')
    assert hardware.InstanceNUMATopology.from_document(wanted.to_document()) == wanted
    described = hardware.describe_wishes(flavor(hw__numa_nodes=2, hw__mem_page_size='large'), None, [2048, 1048576])
    assert [cell['pagesize'] for cell in described['cells']] == [2048, 1048576]
