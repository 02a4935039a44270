# SPDX-License-Identifier: Apache-2.0
"""CPUs, huge pages and NUMA cells: what drivers say of the host, and what real guests get of it."""
import os
import pathlib

import pytest

from mininova import context
from mininova.compute import power_state
from mininova.virt import hardware
from mininova.virt.libvirt.config import base
from tests.contract import samples

PINNED = {'hw:cpu_policy': 'dedicated'}
HUGE_PAGES = pathlib.Path('/proc/sys/vm/nr_hugepages')
HUGE_KB = 2048


def facts(driver):
    """Return the NUMATopology that a driver tells of."""
    found = driver.get_available_resource(driver.get_available_nodes()[0])['numa_topology']
    return hardware.NUMATopology.from_documents(found)


def place(driver, flavor_values, properties=None):
    """Return an instance that is fitted into the driver's host, and its image's properties."""
    instance = samples.instance(flavor_values)
    image = samples.image_meta(**(properties or {}))
    wanted = hardware.numa_get_constraints(instance.flavor, image)
    found = hardware.numa_fit_instance_to_host(facts(driver), wanted)
    assert isinstance(found, hardware.InstanceNUMATopology), found
    instance.numa_topology = found.to_document()
    return instance


@pytest.fixture
def run(subject, boot_image):
    """Spawn a fitted instance: ``run(flavor_values)`` returns it; it is destroyed at the end."""
    made = []

    def spawn(flavor_values, properties=None, power_on=True):
        instance = place(subject.driver, flavor_values, properties)
        boot_image.properties = dict(properties or {})
        samples.remember_image(instance, boot_image)
        made.append(instance)
        subject.driver.spawn(context.get_admin_context(), instance, boot_image, [], None, None,
                             samples.network_info(subject.bridge), None, power_on=power_on)
        return instance
    yield spawn
    for instance in made:
        subject.driver.destroy(context.get_admin_context(), instance, None)


@pytest.fixture
def dedicated(conf):
    """The first two CPUs are for single servers; the fake host has a cell with four CPUs."""
    conf.config(group='compute', cpu_dedicated_set='0-1')
    conf.config(group='fake', numa_cells=1, vcpus=4, memory_mb=4096)


# -- on every driver ---------------------------------------------------------------------------


def test_a_host_tells_of_its_cells(subject, dedicated):
    found = facts(subject.driver)
    assert {0, 1} == set().union(*(cell.pcpuset for cell in found.cells))
    assert not any(cell.cpuset for cell in found.cells)
    assert all(cell.memory > 0 and cell.mempages[0].size_kb == 4 for cell in found.cells)
    assert subject.driver.get_available_resource(subject.driver.get_available_nodes()[0])['vcpus'] == 0


def test_without_options_all_cpus_are_shared(subject, conf):
    conf.config(group='fake', numa_cells=2, vcpus=os.cpu_count())
    found = facts(subject.driver)
    assert set().union(*(cell.cpuset for cell in found.cells)) == set(range(os.cpu_count()))
    assert not any(cell.pcpuset for cell in found.cells)


def test_a_server_with_cpus_of_its_own_runs_and_is_rebooted(subject, dedicated, run):
    instance = run({'vcpus': 2, 'extra_specs': {**PINNED, 'hw:numa_nodes': '1'}})
    assert subject.driver.get_info(instance).state == power_state.RUNNING
    subject.driver.reboot(context.get_admin_context(), instance, samples.network_info(subject.bridge), 'HARD')
    assert subject.driver.get_info(instance).state == power_state.RUNNING


# -- real guests -----------------------------------------------------------------------------------


@pytest.fixture
def real(subject, libvirtd):
    if subject.name != 'libvirt':
        pytest.fail('only for real guests')
    return libvirtd


def document(libvirtd, instance):
    return base.parse(libvirtd.virsh('dumpxml', instance.uuid))


real_guest = pytest.mark.parametrize('subject', [pytest.param('libvirt', marks=pytest.mark.needs('libvirt'))],
                                     indirect=True)


@real_guest
def test_the_virtual_cpus_of_a_guest_run_where_they_are_pinned(subject, dedicated, run, real, eventually):
    instance = run({'vcpus': 2, 'extra_specs': {**PINNED, 'hw:numa_nodes': '1', 'hw:cpu_threads': '2'}})
    pinned = instance.get_numa_topology().cpu_pinning
    shown = [line.split() for line in real.virsh('vcpupin', instance.uuid).splitlines()[2:] if line.strip()]
    assert {int(vcpu): int(cpu) for vcpu, cpu in shown} == pinned
    assert real.virsh('emulatorpin', instance.uuid).split()[-1] == '0-1'
    tasks = f'/proc/{qemu_pid(real, instance)}/task'
    allowed = real.run('sh', '-c', f'grep -h -A1 Cpus_allowed_list {tasks}/*/status; grep -H . {tasks}/*/comm')
    assert 'CPU 0/TCG' in allowed or 'CPU 0/KVM' in allowed
    for vcpu, cpu in pinned.items():
        thread = next(line.split('/')[4] for line in allowed.splitlines() if f':CPU {vcpu}/' in line)
        status = real.run('grep', 'Cpus_allowed_list', f'{tasks}/{thread}/status')
        assert status.split()[-1] == str(cpu)
    xml = document(real, instance)
    assert xml.find('cpu/topology').get('threads') == '2'
    assert xml.find('cpu/numa/cell').get('cpus') == '0-1'
    assert xml.find('numatune/memnode').attrib == {'cellid': '0', 'mode': 'strict', 'nodeset': '0'}
    eventually(lambda: samples.BOOT_TEXT.strip() in subject.driver.get_console_output(subject.context, instance), 60)


def qemu_pid(libvirtd, instance):
    return libvirtd.run('cat', f'/run/libvirt/qemu/{instance.name}.pid').strip()


@real_guest
def test_a_guest_without_wishes_runs_on_the_shared_cpus(subject, conf, real, boot_image):
    conf.config(group='compute', cpu_dedicated_set='0', cpu_shared_set='1')
    instance = samples.instance({'vcpus': 1})
    samples.remember_image(instance, boot_image)
    subject.driver.spawn(subject.context, instance, boot_image, [], None, None, samples.network_info(subject.bridge))
    try:
        assert document(real, instance).find('vcpu').get('cpuset') == '1'
        assert real.virsh('vcpupin', instance.uuid).split()[-1] == '1'
    finally:
        subject.driver.destroy(subject.context, instance, None)


@pytest.fixture
def huge_pages(real):
    """Make 48 huge pages for the test; their number is put back."""
    before = HUGE_PAGES.read_text()
    HUGE_PAGES.write_text(str(int(before) + 48))
    assert int(HUGE_PAGES.read_text()) >= int(before) + 48, 'the memory is too fragmented for huge pages'
    yield lambda: next(int(line.split()[1]) for line in pathlib.Path('/proc/meminfo').read_text().splitlines()
                       if line.startswith('HugePages_Free'))
    HUGE_PAGES.write_text(before)


@real_guest
def test_the_memory_of_a_guest_is_of_huge_pages(subject, conf, huge_pages, run, real, eventually):
    conf.config(reserved_huge_pages=[{'node': '0', 'size': str(HUGE_KB), 'count': '8'}])
    offered = {pages.size_kb: pages for pages in facts(subject.driver).cells[0].mempages}[HUGE_KB]
    assert (offered.reserved, offered.total >= 48) == (8, True)
    before = huge_pages()
    instance = run({'memory_mb': 64, 'extra_specs': {'hw:mem_page_size': 'large'}})
    assert instance.get_numa_topology().cells[0].pagesize == HUGE_KB
    xml = document(real, instance)
    page = xml.find('memoryBacking/hugepages/page')
    assert (page.get('size'), page.get('unit'), page.get('nodeset')) == ('2048', 'KiB', '0')
    assert xml.find('cpu/numa/cell').get('memAccess') == 'shared'
    assert before - huge_pages() == 32
    eventually(lambda: samples.BOOT_TEXT.strip() in subject.driver.get_console_output(subject.context, instance), 60)


@real_guest
def test_libvirt_accepts_a_guest_with_realtime_cpus(subject, dedicated, run, real):
    """It is defined and not started: to lock memory takes more than root has on many machines that run tests."""
    specs = {**PINNED, 'hw:cpu_realtime': 'yes', 'hw:cpu_realtime_mask': '^0'}
    instance = run({'vcpus': 2, 'extra_specs': specs}, power_on=False)
    xml = document(real, instance)
    assert xml.find('cputune/vcpusched').attrib == {'vcpus': '1', 'scheduler': 'fifo', 'priority': '1'}
    assert xml.find('memoryBacking/nosharepages') is not None and xml.find('memoryBacking/locked') is not None
    assert xml.find('features/pmu').get('state') == 'off'
