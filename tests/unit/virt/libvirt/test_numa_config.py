# SPDX-License-Identifier: Apache-2.0
"""From what was claimed of CPUs and pages to the guest's document, and to the one of the host that it moves to."""
import xml.etree.ElementTree as ElementTree

import pytest

from mininova import exception
from mininova.virt import hardware
from mininova.virt.libvirt import guest_config, numa_config
from mininova.virt.libvirt.config import arrival, base, caps
from tests.contract import samples

CAPABILITIES = """<capabilities><host><cpu><arch>x86_64</arch></cpu><topology><cells num='3'>
<cell id='0'><memory unit='KiB'>8388608</memory><pages unit='KiB' size='4'>2000000</pages>
<pages unit='KiB' size='2048'>512</pages><cpus num='4'>
<cpu id='0' socket_id='0' core_id='0' siblings='0,2'/><cpu id='1' socket_id='0' core_id='1' siblings='1,3'/>
<cpu id='2' socket_id='0' core_id='0' siblings='0,2'/><cpu id='3' socket_id='0' core_id='1' siblings='1,3'/>
</cpus></cell>
<cell id='1'><memory unit='KiB'>8388608</memory><pages unit='KiB' size='4'>2000000</pages>
<pages unit='KiB' size='2048'>512</pages><cpus num='2'><cpu id='4' socket_id='1' siblings='4-5'/>
<cpu id='5' socket_id='1' siblings='4-5'/></cpus></cell>
<cell id='2'><memory unit='KiB'>1048576</memory><cpus num='0'/></cell></cells></topology></host>
<guest><os_type>hvm</os_type><arch name='x86_64'><domain type='qemu'/></arch></guest></capabilities>"""


class Host:
    """Stands for virt.libvirt.host.Host."""

    def capabilities(self):
        return caps.HostCaps.parse(CAPABILITIES)

    def numa_topology(self):
        return hardware.get_host_topology(self.capabilities().numa_cells)

    def domain_capabilities(self, arch, machine, virt_type):
        return caps.DomainCaps()


@pytest.fixture
def host(instances_path, conf):
    conf.config(group='compute', cpu_dedicated_set='1-3,5', cpu_shared_set='0,4')
    return Host()


@pytest.fixture
def build(host):
    """Fit an instance into the host: ``build(vcpus, specs, properties)`` returns it and its document."""
    def run(vcpus, specs, properties=None, memory_mb=64):
        instance = samples.instance({'vcpus': vcpus, 'memory_mb': memory_mb, 'extra_specs': specs})
        image = samples.image_meta(**(properties or {}))
        wanted = hardware.numa_get_constraints(instance.flavor, image)
        if wanted is not None:
            found = hardware.numa_fit_instance_to_host(host.numa_topology(), wanted)
            assert isinstance(found, hardware.InstanceNUMATopology), found
            instance.numa_topology = found.to_document()
        made = guest_config.GuestConfig(host, 'qemu', instance, image).build([], (None, None), None)
        return instance, base.parse(made.to_xml())
    return run


def text(node):
    return ElementTree.tostring(node, encoding='unicode')


def pins(xml):
    return {pin.get('vcpu'): pin.get('cpuset') for pin in xml.findall('cputune/vcpupin')}


def test_cells_are_read_from_the_capabilities(host):
    first, second = host.numa_topology().cells
    assert (first.id, first.cpuset, first.pcpuset, first.memory, first.socket) == (0, {0}, {1, 2, 3}, 8192, 0)
    assert first.siblings == [{0, 2}, {1, 3}] and second.siblings == [{4, 5}]
    assert [(pages.size_kb, pages.total) for pages in second.mempages] == [(4, 2000000), (2048, 512)]


def test_a_guest_without_wishes_runs_on_shared_cpus(build, conf):
    _, xml = build(1, {})
    assert xml.find('vcpu').get('cpuset') == '0,4'
    assert all(xml.find(tag) is None for tag in ('cputune', 'numatune', 'memoryBacking', 'cpu/numa'))
    conf.config(group='compute', cpu_dedicated_set=None, cpu_shared_set=None)
    _, xml = build(1, {})
    assert 'cpuset' not in xml.find('vcpu').attrib


def test_pinned_cpus_and_the_emulator_beside_them(build):
    _, xml = build(2, {'hw:cpu_policy': 'dedicated'})
    assert pins(xml) == {'0': '1', '1': '3'}
    assert xml.find('cputune/emulatorpin').get('cpuset') == '1,3'
    # The guest sees threads of one core as such.
    assert xml.find('cpu/topology').attrib == {'sockets': '1', 'cores': '1', 'threads': '2'}
    assert text(xml.find('numatune')).replace(' />', '/>').count('nodeset="0"') == 2


@pytest.mark.parametrize(('specs', 'emulator'), [
    ({'hw:emulator_threads_policy': 'share'}, '0,4'), ({'hw:emulator_threads_policy': 'isolate'}, '2'),
    ({'hw:cpu_realtime': 'true', 'hw:cpu_realtime_mask': '^0'}, '1')])
def test_where_the_emulator_runs(build, specs, emulator):
    _, xml = build(2, {'hw:cpu_policy': 'dedicated', **specs})
    assert xml.find('cputune/emulatorpin').get('cpuset') == emulator


def test_two_nodes_have_their_memory_from_two_cells(build):
    instance, xml = build(2, {'hw:numa_nodes': '2', 'hw:cpu_policy': 'mixed', 'hw:cpu_dedicated_mask': '0',
                              'hw:mem_page_size': '2MB'})
    cells = instance.get_numa_topology().cells
    assert [node.attrib for node in xml.findall('cpu/numa/cell')] == [
        {'id': str(number), 'cpus': str(number), 'memory': '32768', 'unit': 'KiB', 'memAccess': 'shared'}
        for number in range(2)]
    assert [node.get('nodeset') for node in xml.findall('numatune/memnode')] == [str(cell.id) for cell in cells]
    assert xml.find('numatune/memory').get('nodeset') == '0-1'
    shared = {'0': '0', '1': '4'}[str(cells[1].id)]
    assert pins(xml)['1'] == shared and pins(xml)['0'] not in ('0', '4')
    page, = xml.findall('memoryBacking/hugepages/page')
    assert page.attrib == {'size': '2048', 'unit': 'KiB', 'nodeset': '0-1'}


def test_small_pages_are_no_huge_pages(build):
    _, xml = build(1, {'hw:mem_page_size': 'small'})
    assert xml.find('memoryBacking') is None and 'memAccess' not in xml.find('cpu/numa/cell').attrib
    _, xml = build(1, {'hw:mem_page_size': 'small', 'hw:locked_memory': 'yes'})
    assert [node.tag for node in xml.find('memoryBacking')] == ['locked']


def test_realtime(build, conf):
    conf.config(group='libvirt', realtime_scheduler_priority=7)
    _, xml = build(3, {'hw:cpu_policy': 'dedicated', 'hw:cpu_realtime': 'true', 'hw:cpu_realtime_mask': '1-2'})
    assert xml.find('cputune/vcpusched').attrib == {'vcpus': '1-2', 'scheduler': 'fifo', 'priority': '7'}
    assert {node.tag for node in xml.find('memoryBacking')} == {'locked', 'nosharepages'}
    assert xml.find('features/pmu').get('state') == 'off'


def test_a_cell_that_is_gone_is_told(build, host):
    instance, _ = build(1, {'hw:numa_nodes': '1'})
    instance.numa_topology['cells'][0]['id'] = 9
    with pytest.raises(exception.InstanceDeployFailure) as caught:
        numa_config.tune(host, instance, samples.image_meta())
    assert 'no NUMA cell 9' in caught.value.format_message()


def test_a_guest_that_moves_gets_the_other_hosts_cpus(build, host):
    instance, xml = build(2, {'hw:numa_nodes': '2', 'hw:cpu_policy': 'dedicated', 'hw:cpu_realtime': 'true',
                              'hw:cpu_realtime_mask': '^0'})
    new = instance.get_numa_topology()
    new.cells.reverse()
    for number, (cell, where) in enumerate(zip(new.cells, ((1, 5), (0, 2)), strict=True)):
        cell.id, cell.pcpuset, cell.cpu_pinning = where[0], {number}, {number: where[1]}
    info = numa_config.arrival_info(host, instance, samples.image_meta(), new.to_document())
    adapted = base.parse(arrival.adapt(text(xml), instance.uuid, '/i', '/i', numa_info=info))
    assert pins(adapted) == {'0': '5', '1': '2'}
    assert adapted.find('cputune/emulatorpin').get('cpuset') == '5'
    assert [node.get('nodeset') for node in adapted.findall('numatune/memnode')] == ['1', '0']
    assert adapted.find('cpu/numa') is not None


def test_a_guest_without_wishes_gets_the_other_hosts_shared_cpus(build, host, conf):
    instance, xml = build(1, {})
    conf.config(group='compute', cpu_shared_set='4')
    info = numa_config.arrival_info(host, instance, samples.image_meta(), None)
    adapted = base.parse(arrival.adapt(text(xml), instance.uuid, '/i', '/i', numa_info=info))
    assert adapted.find('vcpu').get('cpuset') == '4'
    conf.config(group='compute', cpu_shared_set=None, cpu_dedicated_set=None)
    info = numa_config.arrival_info(host, instance, samples.image_meta(), None)
    adapted = base.parse(arrival.adapt(text(xml), instance.uuid, '/i', '/i', numa_info=info))
    assert 'cpuset' not in adapted.find('vcpu').attrib


def test_a_guest_that_is_older_than_its_wishes_starts_without_them(build):
    _, xml = build(4, {'hw:cpu_max_sockets': '1', 'hw:cpu_max_cores': '1', 'hw:cpu_max_threads': '1'})
    assert xml.find('cpu/topology').attrib == {'sockets': '4', 'cores': '1', 'threads': '1'}
    _, xml = build(4, {'hw:cpu_sockets': '2'})
    assert xml.find('cpu/topology').attrib == {'sockets': '2', 'cores': '2', 'threads': '1'}
