# SPDX-License-Identifier: Apache-2.0
"""The list of devices that a guest is told of."""
import json

import pytest

from mininova import objects
from mininova.compute import device_metadata, instance_metadata
from mininova.network import model

MAC = 'fa:16:3e:00:00:01'
PLACES = {'nics': {MAC: ['pci', '0000:00:03.0']}, 'disks': {'vdb': ['pci', '0000:00:05.0'], 'sda': ['scsi', None]}}


def card(tag='front', **more):
    meta = {'tag': tag} if tag else {}
    return model.VIF(id='v1', address=MAC, network=model.Network(id='n'), **meta, **more)


def disk(tag='data', name='/dev/vdb', volume_id=None):
    return objects.BlockDeviceMapping(device_name=name, tag=tag, volume_id=volume_id, source_type='blank',
                                      destination_type='local', guest_format=None)


def told(cards=(), disks=(), places=PLACES, vlans=True, trusted=True):
    return device_metadata.describe(places, model.NetworkInfo(cards), disks, vlans, trusted)


def test_devices_with_a_tag_are_told_with_their_place():
    assert told([card()], [disk()]) == [
        {'type': 'disk', 'serial': None, 'bus': 'pci', 'address': '0000:00:05.0', 'tags': ['data']},
        {'type': 'nic', 'mac': MAC, 'vf_trusted': False, 'bus': 'pci', 'address': '0000:00:03.0', 'tags': ['front']}]


def test_devices_without_a_tag_are_not_told():
    assert told([card(tag=None)], [disk(tag=None)]) == []


def test_a_volume_is_known_by_its_serial():
    found, = told(disks=[disk(name='/dev/sda', volume_id='v-1')])
    assert found == {'type': 'disk', 'serial': 'v-1', 'bus': 'scsi', 'address': 'none', 'tags': ['data']}


@pytest.mark.parametrize('places', [None, {}, {'nics': {}, 'disks': {}}])
def test_what_the_hypervisor_did_not_note_is_nowhere(places):
    assert [(entry['bus'], entry['address']) for entry in told([card()], [disk()], places)] == [('none', 'none')] * 2


@pytest.mark.parametrize('version, expected', [
    ('2015-10-15', None), ('2016-06-30', {}), ('2016-10-06', {}), ('2017-02-22', {'vlan': 7}),
    ('2018-08-27', {'vlan': 7, 'vf_trusted': True}), ('2025-04-04', {'vlan': 7, 'vf_trusted': True})])
def test_vlan_and_trust_are_told_by_later_versions(guest, admin, version, expected):
    instance = objects.Instance.get_by_uuid(admin, guest())
    info = model.NetworkInfo([card(details={'vlan': '7'}, profile={'trusted': 'true'})])
    found = instance_metadata.InstanceMetadata(instance, info).meta_data(version).get('devices')
    assert (found and {name: found[0][name] for name in ('vlan', 'vf_trusted') if name in found[0]}) == expected


def test_a_card_with_a_vlan_is_told_even_without_a_tag():
    cards = [card(tag=None, details={'vlan': 7})]
    assert told(cards, vlans=False, trusted=False) == []
    assert told(cards, trusted=False) == [{'vlan': 7, 'type': 'nic', 'mac': MAC, 'bus': 'pci',
                                           'address': '0000:00:03.0'}]


def test_a_config_drive_is_told_where_devices_turned_out_to_be(guest, admin):
    instance = objects.Instance.get_by_uuid(admin, guest())
    documents = instance_metadata.InstanceMetadata(instance, model.NetworkInfo([card()]), block_devices=[disk()])
    files = documents.metadata_for_config_drive()
    before = dict(files)
    instance.device_metadata = PLACES
    assert documents.renew_devices(files)
    changed = {path for path in files if files[path] != before[path]}
    assert changed == {f'openstack/{version}/meta_data.json' for version in [
        *(known for known in instance_metadata.OPENSTACK_VERSIONS if known >= '2016-06-30'), 'latest']}
    for path in changed:
        old, new = json.loads(before[path]), json.loads(files[path])
        assert [entry['address'] for entry in new['devices']] == ['0000:00:05.0', '0000:00:03.0']
        assert {**old, 'devices': None} == {**new, 'devices': None}


def test_a_config_drive_without_tags_is_left_alone(guest, admin):
    documents = instance_metadata.InstanceMetadata(objects.Instance.get_by_uuid(admin, guest()))
    assert not documents.renew_devices({})
