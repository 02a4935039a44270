# SPDX-License-Identifier: Apache-2.0
"""One PCI device of a host: its types and statuses, and what the one of a card means for the others.

A device is a mapping with at least address, vendor_id, product_id, dev_type, numa_node and parent_addr, as drivers
report them and as rows of pci_devices have them.
Nova: nova/objects/pci_device.py.
"""
STANDARD, VF, PF = TYPES = ('type-PCI', 'type-VF', 'type-PF')

# Nova's `claimed` lies between these for the time in which a nova-compute builds; here a claim is the allocation.
AVAILABLE, ALLOCATED, UNAVAILABLE = STATUSES = ('available', 'allocated', 'unavailable')

# What a host reports of a device, as columns.
FACTS = ('address', 'vendor_id', 'product_id', 'dev_type', 'dev_id', 'label', 'numa_node', 'parent_addr')
# What of it goes with a server that has it.
OF_SERVER = ('address', 'vendor_id', 'product_id', 'dev_type', 'numa_node', 'parent_addr', 'request_id')


def blocked(devices):
    """Return the addresses of devices that nobody can have because of those that are allocated.

    A physical function that a guest has is its own with all its virtual functions, and one of which a guest has a
    virtual function must stay with the host.

    :param devices: all of a host, with their status
    """
    taken = [device for device in devices if device['status'] == ALLOCATED]
    whole = {device['address'] for device in taken if device['dev_type'] == PF}
    split = {device['parent_addr'] for device in taken if device['dev_type'] == VF}
    return {device['address'] for device in devices if device['status'] != ALLOCATED and (
        (device['dev_type'] == VF and device['parent_addr'] in whole)
        or (device['dev_type'] == PF and device['address'] in split))}


def for_server(device, alias_name=None):
    """Return what a server's record says of a device that it has, as JSON."""
    tags = (device['extra_info'] or {}).get('tags') or {}
    found = {**{name: device[name] for name in OF_SERVER}, 'alias_name': alias_name}
    return {**found, 'managed': tags['managed']} if 'managed' in tags else found
