# SPDX-License-Identifier: Apache-2.0
"""Devices of the host, read from libvirt's documents, and PCI addresses in both their forms.  Runs in nova-compute.

https://libvirt.org/formatnode.html
"""
import dataclasses

from mininova.pci.device import PF, STANDARD, VF
from mininova.virt.libvirt.config import base

PARTS = ('domain', 'bus', 'slot', 'function')
# Bridges belong to the host: what is behind them may be given to a guest, they may not.
BRIDGE_CLASS = 0x06


@dataclasses.dataclass
class PCIDevice:
    """A PCI device.

    :ivar pci_class: base class, None if libvirt does not tell
    :ivar physical_function: address of the function that this is a virtual one of
    """

    name: str
    address: str
    vendor_id: str
    product_id: str
    dev_type: str = STANDARD
    numa_node: int | None = None
    physical_function: str | None = None
    pci_class: int | None = None

    @property
    def is_bridge(self):
        return self.pci_class == BRIDGE_CLASS

    @classmethod
    def parse(cls, document):
        """Read virNodeDeviceGetXMLDesc's document; None for what is no PCI device."""
        root = base.parse(document)
        found = root.find("capability[@type='pci']")
        if found is None:
            return None
        made = cls(root.findtext('name'), _join(int(found.findtext(part)) for part in PARTS),
                   _id(found.find('vendor')), _id(found.find('product')))
        numa, pci_class = found.find('numa'), found.findtext('class')
        made.numa_node = None if numa is None else int(numa.get('node'))
        made.pci_class = None if pci_class is None else int(pci_class, 16) >> 16
        physical = found.find("capability[@type='phys_function']/address")
        if physical is not None:
            made.dev_type, made.physical_function = VF, join(physical)
        elif found.find("capability[@type='virt_functions']") is not None:
            made.dev_type = PF
        return made

    def describe(self):
        """Return it as ``ComputeDriver.get_available_resource`` names it."""
        return {'dev_id': self.name, 'address': self.address, 'vendor_id': self.vendor_id,
                'product_id': self.product_id, 'numa_node': self.numa_node, 'dev_type': self.dev_type,
                'label': f'label_{self.vendor_id}_{self.product_id}', 'parent_addr': self.physical_function}


def _id(element):
    return '' if element is None else (element.get('id') or '').removeprefix('0x').lower()


def _join(numbers):
    domain, bus, slot, function = numbers
    return f'{domain:04x}:{bus:02x}:{slot:02x}.{function:x}'


def join(element):
    """Return the address that an element's attributes make up."""
    return _join(int(element.get(part, '0'), 16) for part in PARTS)


def split(address):
    """Return {'domain', 'bus', 'slot', 'function'} of an address, as libvirt's documents have them."""
    front, function = address.split('.')
    return {part: f'0x{text}' for part, text in zip(PARTS, (*front.split(':'), function), strict=True)}
