# SPDX-License-Identifier: Apache-2.0
"""What libvirt says of a domain that exists.  Runs in nova-compute.  Nova: the parse_dom methods of config.py."""
import dataclasses

from mininova.virt.libvirt.config import base, nodedev


@dataclasses.dataclass
class LiveDisk:
    """A disk: its name in the guest and the file behind it.

    :ivar copied: a copy of it is under way and has all there is
    """

    device: str
    target_dev: str
    source: str | None
    driver_format: str | None
    copied: bool = False


@dataclasses.dataclass
class LiveInterface:
    """A card: its address and the host device behind it."""

    mac: str
    target_dev: str | None
    document: str | None = None


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
                mirror is not None and mirror.get('ready') == 'yes'))
        for card in root.findall('devices/interface'):
            target = card.find('target')
            found.interfaces.append(LiveInterface(card.find('mac').get('address'),
                                                  target.get('dev') if target is not None else None,
                                                  base.to_text(card)))
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
