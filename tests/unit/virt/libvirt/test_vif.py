# SPDX-License-Identifier: Apache-2.0
"""Cards of a network service as libvirt gets them."""
from xml.etree import ElementTree

import pytest

from mininova import exception
from mininova.network import model
from mininova.objects import image_meta
from mininova.virt.libvirt import vif as libvirt_vif

PORT = 'a1b2c3d4-0000-4000-8000-000000000001'


def card(vif_type, bridge, details=None, **meta):
    network = model.Network(id='n', bridge=bridge, label='private', mtu=1450, **meta)
    return model.VIF(id=PORT, address='fa:16:3e:00:00:01', network=network, type=vif_type, details=details)


def document(vif):
    image = image_meta.ImageMeta.from_dict({'id': 'image', 'properties': {}})
    return ElementTree.fromstring(libvirt_vif.get_config(vif, image).to_xml())


def test_a_card_on_open_vswitch_names_its_port():
    made = document(card('ovs', 'br-int', {'port_filter': True, 'ovs_hybrid_plug': False}))
    assert made.get('type') == 'bridge'
    assert made.find('source').get('bridge') == 'br-int'
    assert made.find('virtualport').get('type') == 'openvswitch'
    assert made.find('virtualport/parameters').get('interfaceid') == PORT
    assert made.find('target').get('dev') == 'tapa1b2c3d4-00'
    assert made.find('mtu').get('size') == '1450'
    assert made.find('filterref') is None
    assert made.find('driver') is None


def test_a_switch_in_user_space_gets_packets_with_checksums():
    made = document(card('ovs', 'br-int', {'datapath_type': 'netdev'}))
    assert made.find('driver/host').get('csum') == 'off'
    assert made.find('driver/guest').get('tso4') == 'off'


def test_a_card_on_a_bridge_of_the_agent_is_not_filtered_twice(conf):
    conf.config(group='libvirt', use_nwfilter=True)
    assert document(card('bridge', 'brq1', {'port_filter': True})).find('filterref') is None
    assert document(card('bridge', 'br100')).find('filterref') is not None


def test_the_hybrid_plug_is_refused_with_the_remedy():
    with pytest.raises(exception.VirtualInterfaceCreateException, match='firewall_driver = openvswitch'):
        document(card('ovs', 'br-int', {'ovs_hybrid_plug': True}))


def test_a_card_that_nobody_bound_is_refused():
    for kind in ('binding_failed', 'unbound', 'hw_veb'):
        with pytest.raises(exception.VirtualInterfaceCreateException, match=kind):
            document(card(kind, 'br-int'))


def test_the_agent_s_bridge_is_made_once(monkeypatch):
    made, there = [], set()
    monkeypatch.setattr('mininova.network.linux_net.exists', there.__contains__)
    monkeypatch.setattr('mininova.network.linux_net.run_batch', made.append)
    wanted = card('bridge', 'brq1', should_create_bridge=True)
    libvirt_vif.plug(wanted)
    there.add('brq1')
    libvirt_vif.plug(wanted)
    libvirt_vif.plug(card('ovs', 'br-int'))
    assert made == [['link add name brq1 type bridge', 'link set dev brq1 up']]
