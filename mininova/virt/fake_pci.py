# SPDX-License-Identifier: Apache-2.0
"""PCI devices that the machine behind the fake driver pretends to have.  Runs in nova-compute.

New here: Nova's own is for its tests, nova/tests/fixtures/libvirt.py (HostPCIDevicesInfo).
"""
import json

import mininova.conf
from mininova import exception
from mininova.pci import devspec
from mininova.pci.device import PF, STANDARD, VF

CONF = mininova.conf.CONF

FUNCTIONS = 8


def devices():
    """Return the devices as ``ComputeDriver.get_available_resource`` names them, before they are JSON.

    :raises InvalidConfiguration: names the entry that makes no sense
    """
    found = []
    for text in CONF.fake.pci_devices:
        try:
            found += _devices_of(json.loads(text))
        except (KeyError, TypeError, ValueError, exception.PciConfigInvalidSpec) as error:
            raise exception.InvalidConfiguration(reason=f'[fake] pci_devices {text}: {error!r}') from error
    return found


def _devices_of(entry):
    domain, bus, slot, function = devspec.parse_address(entry['address'])
    count, functions = int(entry.get('count', 1)), int(entry.get('vfs', 0))
    facts = {'numa_node': entry.get('numa_node'), 'label': entry.get('label'), 'vendor_id': entry['vendor_id']}
    found = []
    for number in range(count):
        address = f'{domain}:{bus}:{int(slot, 16) + number:02x}.{function}'
        found.append(_device(facts, address, entry['product_id'], entry.get('dev_type', PF if functions else STANDARD),
                             entry.get('parent_addr')))
    for number in range(functions):
        place = int(slot, 16) * FUNCTIONS + FUNCTIONS + number
        address = f'{domain}:{bus}:{place // FUNCTIONS:02x}.{place % FUNCTIONS}'
        found.append(_device(facts, address, entry['vf_product_id'], VF, found[0]['address']))
    return found


def _device(facts, address, product_id, dev_type, parent):
    devspec.parse_address(address)
    vendor_id = facts['vendor_id']
    return {'dev_id': f'pci_{address.translate(str.maketrans(":.", "__"))}', 'address': address,
            'vendor_id': vendor_id, 'product_id': product_id, 'numa_node': facts['numa_node'], 'dev_type': dev_type,
            'label': facts['label'] or f'label_{vendor_id}_{product_id}', 'parent_addr': parent}


def check_free(guests, guest, wanted):
    """Refuse a device that another guest of the machine has, as a real one would.

    :raises NovaException: somebody gave it away twice
    """
    mine = {each['address'] for each in wanted or ()}
    for other in guests:
        taken = mine.intersection(each['address'] for each in other.pci_devices or ())
        if taken and other.domain and other.uuid != guest.uuid:
            raise exception.NovaException(f'PCI devices {sorted(taken)} are in use by guest {other.uuid}.')
