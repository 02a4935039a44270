# SPDX-License-Identifier: Apache-2.0
"""libvirt's documents of PCI devices, and guests that let them go and get them back."""
import json
import types

import pytest

from mininova import exception
from mininova.virt.libvirt import guest_actions, pci
from mininova.virt.libvirt.clib import libvirt
from mininova.virt.libvirt.config import arrival, base, devices, live, nodedev
from tests.contract import samples

CARD = """<device>
  <name>pci_0000_81_00_0</name>
  <parent>pci_0000_80_01_0</parent>
  <driver><name>i40e</name></driver>
  <capability type='pci'>
    <class>0x020000</class>
    <domain>0</domain><bus>129</bus><slot>0</slot><function>0</function>
    <product id='0x1572'>Ethernet Controller X710</product>
    <vendor id='0x8086'>Intel Corporation</vendor>
    <capability type='virt_functions' maxCount='64'>
      <address domain='0x0000' bus='0x81' slot='0x02' function='0x0'/>
    </capability>
    <iommuGroup number='57'><address domain='0x0000' bus='0x81' slot='0x00' function='0x0'/></iommuGroup>
    <numa node='1'/>
  </capability>
</device>"""
FUNCTION = (CARD.replace("<slot>0</slot>", "<slot>2</slot>").replace('0x1572', '0x154C').replace('_00_0<', '_02_0<')
            .replace("virt_functions' maxCount='64'", "phys_function'").replace("slot='0x02'", "slot='0x00'")
            .replace("<numa node='1'/>", ''))
PLAIN = """<device><name>pci_0001_3b_1f_7</name><capability type='pci'>
  <domain>1</domain><bus>59</bus><slot>31</slot><function>7</function>
  <product id='0x1eb8'/><vendor id='0x10de'/></capability></device>"""


def test_a_card_its_function_and_a_plain_device():
    assert nodedev.PCIDevice.parse(CARD).describe() == {
        'dev_id': 'pci_0000_81_00_0', 'address': '0000:81:00.0', 'vendor_id': '8086', 'product_id': '1572',
        'numa_node': 1, 'dev_type': 'type-PF', 'label': 'label_8086_1572', 'parent_addr': None}
    found = nodedev.PCIDevice.parse(FUNCTION)
    assert (found.address, found.product_id, found.dev_type, found.physical_function, found.numa_node) == (
        '0000:81:02.0', '154c', 'type-VF', '0000:81:00.0', None)
    found = nodedev.PCIDevice.parse(PLAIN)
    assert (found.address, found.dev_type, found.is_bridge) == ('0001:3b:1f.7', 'type-PCI', False)


def test_bridges_and_what_is_no_pci_device_are_left_out(conf):
    documents = [CARD, CARD.replace('0x020000', '0x060400'),
                 "<device><name>net_eth0</name><capability type='net'/></device>"]
    host = types.SimpleNamespace(pci_documents=lambda: documents)
    assert pci.host_devices(host) == []
    conf.config(group='pci', device_spec=['{"vendor_id": "8086"}'])
    assert [each['address'] for each in pci.host_devices(host)] == ['0000:81:00.0']


@pytest.mark.parametrize(('managed', 'text'), [(True, 'yes'), (False, 'no')])
def test_a_host_device_of_a_guest(managed, text):
    xml = base.parse(devices.HostDevice('0001:3b:1f.7', managed).to_xml())
    assert (xml.tag, xml.attrib) == ('hostdev', {'mode': 'subsystem', 'type': 'pci', 'managed': text})
    assert xml.find('source/address').attrib == {'domain': '0x0001', 'bus': '0x3b', 'slot': '0x1f', 'function': '0x7'}
    document = f'<domain><uuid>u</uuid><name>n</name><devices>{base.to_text(xml)}</devices></domain>'
    assert live.LiveGuest.parse(document).hostdevs == {'0001:3b:1f.7'}


def test_a_guest_that_moves_live_gets_the_other_hosts_devices():
    instance = samples.instance(pci_devices=[{'address': '0000:3b:00.0', 'request_id': 'a'},
                                             {'address': '0000:3b:01.0', 'request_id': 'b'},
                                             {'address': '0000:3b:02.0', 'request_id': 'a'}])
    there = [{'address': '0001:01:00.0', 'request_id': 'a'}, {'address': '0001:01:00.1', 'request_id': 'a'},
             {'address': '0000:3b:00.0', 'request_id': 'b'}]
    found = pci.counterparts(instance, there)
    assert found == {'0000:3b:00.0': '0001:01:00.0', '0000:3b:02.0': '0001:01:00.1', '0000:3b:01.0': '0000:3b:00.0'}
    assert pci.counterparts(instance, None) == {}
    hostdevs = ''.join(devices.HostDevice(each['address']).to_xml() for each in instance.pci_devices)
    document = f'<domain><uuid>u</uuid><name>n</name><devices>{hostdevs}</devices></domain>'
    adapted = arrival.adapt(document, instance.uuid, '/i', '/i', host_devices=found)
    assert live.LiveGuest.parse(adapted).hostdevs == set(found.values())
    assert live.LiveGuest.parse(arrival.adapt(document, instance.uuid, '/i', '/i')).hostdevs == set(found)


# -- suspend and resume -----------------------------------------------------------------------------


class Guest:
    """A running guest with devices; it lets go those that are not in `stubborn`."""

    def __init__(self, addresses, stubborn=()):
        self.addresses, self.stubborn, self.saved, self.running = set(addresses), set(stubborn), False, True

    def is_active(self):
        return self.running

    def has_saved_memory(self):
        return self.saved

    def describe(self):
        return types.SimpleNamespace(hostdevs=set(self.addresses))

    def detach_device(self, document, live):
        assert live
        self.addresses -= {nodedev.join(base.parse(document).find('source/address'))} - self.stubborn

    def attach_device(self, document, live):
        assert live
        self.addresses.add(nodedev.join(base.parse(document).find('source/address')))

    def save_memory(self):
        if self.addresses:
            raise libvirt.libvirtError('cannot save a domain with host devices')
        self.saved, self.running = True, False


MINE = ['0000:3b:00.0', '0000:3b:01.0']


@pytest.fixture
def instance():
    return samples.instance(pci_devices=[{'address': address} for address in MINE])


def actions(guest):
    made = guest_actions.GuestActions()
    made._host = types.SimpleNamespace(get_guest=lambda instance: guest)
    return made


def test_a_guest_lets_its_devices_go_before_its_memory_is_saved(instance):
    guest = Guest(MINE)
    actions(guest).suspend(None, instance)
    assert guest.saved and not guest.addresses
    guest.running = True
    pci.attach_all(guest, instance)
    pci.attach_all(guest, instance)
    assert guest.addresses == set(MINE)


def test_a_guest_that_keeps_a_device_runs_on_with_all_of_them(instance, conf):
    conf.config(group='libvirt', device_detach_attempts=1, device_detach_timeout=1)
    guest = Guest(MINE, stubborn=MINE[1:])
    with pytest.raises(exception.InstanceSuspendFailure):
        actions(guest).suspend(None, instance)
    assert guest.running and guest.addresses == set(MINE)


def test_a_device_that_the_host_binds_itself_stays_so(instance):
    instance.pci_devices = json.loads(json.dumps([{**instance.pci_devices[0], 'managed': False}]))
    device, = pci.hostdevs(instance)
    assert not device.managed
