# SPDX-License-Identifier: Apache-2.0
"""The list `devices` of meta_data.json: cards and disks that were given a tag, and where the guest finds them.

The tag is known by whoever asks for the device (2.32, 2.49), the place by the hypervisor only: it notes at each start
where it put things (``Instance.device_metadata``).  Nova: nova/objects/virt_device_metadata.py,
_get_device_metadata of nova/api/metadata/base.py
"""
from oslo_utils import strutils

NOWHERE = ('none', 'none')


def describe(places, network_info, block_devices, vlans, trusted):
    """List the devices worth telling of; disks come first, as in the guest's own description.

    :param places: Instance.device_metadata, or None if the hypervisor noted nothing
    :param network_info: network.model.NetworkInfo
    :param block_devices: objects.BlockDeviceMapping of the guest
    :param vlans: whether VLANs of cards are told; cards that have one are then told even without a tag
    :param trusted: whether it is told if the host trusts a card
    """
    places = places or {}
    disks = [_disk(device, places.get('disks', {})) for device in block_devices if device.tag]
    cards = [_card(vif, places.get('nics', {}), vlans, trusted) for vif in network_info
             if vif.get_tag() or vif['details'].get('vlan') and (vlans or trusted)]
    return disks + cards


def is_needed(network_info, block_devices):
    """Say whether there is anything that depends on where the hypervisor puts devices."""
    return bool(describe(None, network_info, block_devices, vlans=True, trusted=True))


def _disk(device, places):
    name = (device.device_name or '').removeprefix('/dev/')
    return {'type': 'disk', 'serial': device.volume_id, **_place(places.get(name)), 'tags': [device.tag]}


def _card(vif, places, vlans, trusted):
    found = {}
    vlan = vif['details'].get('vlan')
    if vlans and vlan:
        found['vlan'] = int(vlan)
    if trusted:
        found['vf_trusted'] = strutils.bool_from_string(vif['profile'].get('trusted', False))
    found.update({'type': 'nic', 'mac': vif['address'], **_place(places.get(vif['address']))})
    if vif.get_tag():
        found['tags'] = [vif.get_tag()]
    return found


def _place(place):
    bus, address = place or NOWHERE
    return {'bus': bus or 'none', 'address': address or 'none'}
