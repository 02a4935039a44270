# SPDX-License-Identifier: Apache-2.0
"""What libvirt says of a domain that exists.  Runs in nova-compute.  Nova: the parse_dom methods of config.py."""
import dataclasses

from mininova.virt.libvirt.config import base, nodedev

# Buses of disks that guests are told of; virtio is a PCI device.
TOLD_BUSES = ('scsi', 'ide', 'usb')


@dataclasses.dataclass
class LiveDisk:
    """A disk: its name in the guest and the file behind it.

    :ivar copied: a copy of it is under way and has all there is
    :ivar place: [bus, address] that the guest finds it at, see ``_place``
    """

    device: str
    target_dev: str
    source: str | None
    driver_format: str | None
    copied: bool = False
    place: list | None = None


@dataclasses.dataclass
class LiveInterface:
    """A card: its address and the host device behind it.

    :ivar place: [bus, address] that the guest finds it at, see ``_place``
    """

    mac: str
    target_dev: str | None
    document: str | None = None
    place: list | None = None


@dataclasses.dataclass
class LiveGuest:
    """The parts of a domain document that the driver asks for.

    :ivar vnc: (address, port) or None
    :ivar spice: (port, port of encrypted connections), at most one of them None, or None
    :ivar serial: (address, port) of the TCP console or None
    :ivar hostdevs: addresses of the host's PCI devices that it has
    """

    uuid: str
    name: str
    disks: list
    interfaces: list
    vnc: tuple | None = None
    spice: tuple | None = None
    serial: tuple | None = None
    firmware_efi: bool = False
    hostdevs: set = dataclasses.field(default_factory=set)

    def interface_document(self, mac):
        """Return the XML text of the card with a MAC address, None if there is none."""
        return next((card.document for card in self.interfaces if card.mac == mac), None)

    def places(self):
        """Return where cards and disks are, as Instance.device_metadata keeps it."""
        return {'nics': {card.mac: card.place for card in self.interfaces if card.place},
                'disks': {disk.target_dev: disk.place for disk in self.disks if disk.place}}

    @classmethod
    def parse(cls, document):
        """Read virDomainGetXMLDesc's document."""
        root = base.parse(document)
        found = cls(root.findtext('uuid'), root.findtext('name'), [], [])
        for disk in root.findall('devices/disk'):
            source, driver, mirror = disk.find('source'), disk.find('driver'), disk.find('mirror')
            found.disks.append(LiveDisk(
                disk.get('device'), disk.find('target').get('dev'), source.get('file') if source is not None else None,
                driver.get('type') if driver is not None else None,
                mirror is not None and mirror.get('ready') == 'yes', _place(disk)))
        for card in root.findall('devices/interface'):
            target = card.find('target')
            found.interfaces.append(LiveInterface(card.find('mac').get('address'),
                                                  target.get('dev') if target is not None else None,
                                                  base.to_text(card), _place(card)))
        graphics = root.find("devices/graphics[@type='vnc']")
        if graphics is not None and int(graphics.get('port') or -1) > 0:
            found.vnc = (graphics.get('listen'), int(graphics.get('port')))
        graphics = root.find("devices/graphics[@type='spice']")
        if graphics is not None:
            ports = [int(graphics.get(name) or -1) for name in ('port', 'tlsPort')]
            if max(ports) > 0:
                found.spice = tuple(port if port > 0 else None for port in ports)
        source = root.find("devices/serial[@type='tcp']/source[@mode='bind']")
        if source is not None:
            found.serial = (source.get('host'), int(source.get('service')))
        found.hostdevs = {nodedev.join(address) for address in root.findall(
            "devices/hostdev[@type='pci']/source/address")}
        return found


def _place(device):
    """Return [bus, address], [bus, None] where the guest sees no address, None if libvirt told nothing of use."""
    address, target = device.find('address'), device.find('target')
    if address is not None and address.get('type') == 'pci':
        domain, bus, slot, function = (int(address.get(part), 0) for part in ('domain', 'bus', 'slot', 'function'))
        return ['pci', f'{domain:04x}:{bus:02x}:{slot:02x}.{function:x}']
    if device.tag == 'disk' and target.get('bus') in TOLD_BUSES:
        return [target.get('bus'), None]
    return None
