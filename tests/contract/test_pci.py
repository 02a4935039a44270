# SPDX-License-Identifier: Apache-2.0
"""PCI devices: what drivers say of the host's, and what guests get; on each driver.

No test machine has a device to give away, so a guest with one is only defined, and refused its start.
"""
import json
import os

import pytest

from mininova import exception
from mininova.pci import devspec
from mininova.virt.libvirt.clib import libvirt
from mininova.virt.libvirt.config import base
from tests.contract import samples

EVERYTHING = '{"vendor_id": "*"}'
NOWHERE = '0000:fe:1f.7'
BRIDGE = '0x06'


def devices(subject):
    node, = subject.driver.get_available_nodes()
    return json.loads(subject.driver.get_available_resource(node)['pci_passthrough_devices'])


@pytest.fixture
def instance(subject):
    """An instance that has a device which its host has not."""
    made = samples.instance({'memory_mb': 64, 'vcpus': 1}, pci_devices=[
        {'address': NOWHERE, 'vendor_id': '10de', 'product_id': '1eb8', 'dev_type': 'type-PCI', 'numa_node': None,
         'parent_addr': None, 'request_id': None, 'alias_name': 'gpu'}])
    yield made
    subject.driver.destroy(subject.context, made, None)


def test_a_host_tells_of_its_devices(subject, conf):
    conf.config(group='pci', device_spec=[EVERYTHING])
    conf.config(group='fake', pci_devices=['{"address": "0000:01:00.0", "vendor_id": "10de", "product_id": "1eb8"}'])
    found = devices(subject)
    for each in found:
        assert set(each) == {'dev_id', 'address', 'vendor_id', 'product_id', 'numa_node', 'dev_type', 'label',
                             'parent_addr'}
        assert len(each['vendor_id']) == len(each['product_id']) == 4
        devspec.parse_address(each['address'])
    if subject.name == 'fake':
        assert [each['address'] for each in found] == ['0000:01:00.0']
    else:
        assert {each['address']: each['vendor_id'] for each in found} == _seen_by_the_kernel()


def _seen_by_the_kernel():
    """Return {address: vendor} of all PCI devices of this machine but bridges."""
    found, directory = {}, '/sys/bus/pci/devices'
    for address in os.listdir(directory):
        facts = {}
        for name in ('class', 'vendor'):
            with open(os.path.join(directory, address, name), encoding='ascii') as stream:
                facts[name] = stream.read().strip()
        if not facts['class'].startswith(BRIDGE):
            found[address] = facts['vendor'].removeprefix('0x')
    return found


def test_where_no_guest_may_have_a_device_nobody_looks_for_any(subject):
    assert devices(subject) == []


def test_a_guest_has_the_devices_of_its_instance(subject, instance):
    samples.remember_image(instance, subject.image)
    subject.driver.spawn(subject.context, instance, subject.image, [], None, None, None, None, power_on=False)
    if subject.name == 'fake':
        assert subject.driver.host.guests[instance.uuid].pci_devices == instance.pci_devices
        return
    guest = subject.driver._host.get_guest(instance)
    assert guest.describe(inactive=True).hostdevs == {NOWHERE}
    document = base.parse(guest._call('XMLDesc', libvirt.VIR_DOMAIN_XML_INACTIVE))
    assert document.find('devices/hostdev').attrib == {'mode': 'subsystem', 'type': 'pci', 'managed': 'yes'}
    with pytest.raises((exception.NovaException, libvirt.libvirtError), match=f'PCI|{NOWHERE}'):
        subject.driver.power_on(subject.context, instance, None)
