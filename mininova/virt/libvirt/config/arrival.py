# SPDX-License-Identifier: Apache-2.0
"""A domain's document as it shall be on the host to which the domain moves.  Runs in nova-compute.

Nova: nova/virt/libvirt/migration.py (get_updated_guest_xml).
"""
import os
import xml.etree.ElementTree as ElementTree

from mininova.virt import hardware
from mininova.virt.libvirt.config import base, guest, nodedev

ElementTree.register_namespace('nova', guest.NOVA_NAMESPACE)


def adapt(document, uuid, from_directory, to_directory, graphics_listen=None, serial_listen=None,
          numa_info=None, host_devices=None):
    """Return a document with the other host's paths, addresses and ports.

    :param document: what libvirt says of the running domain, as text
    :param uuid: of the instance, the name of its directory
    :param from_directory: where guests' disks are here
    :param to_directory: where they are there
    :param graphics_listen: {'vnc' or 'spice': address on which such screens are served there}; None leaves it
    :param serial_listen: (address, port) of the serial port there; None leaves it
    :param numa_info: what numa_config.arrival_info said there; None leaves all CPUs and cells
    :param host_devices: {address of a PCI device here: that of the one that takes its place there}
    """
    root = base.parse(document)
    here, there = os.path.join(from_directory, uuid), os.path.join(to_directory, uuid)
    for node in root.iter():
        for name, value in node.attrib.items():
            if name in ('file', 'path') and (value == here or value.startswith(here + os.sep)):
                node.set(name, there + value[len(here):])
        if node.tag in ('kernel', 'initrd') and (node.text or '').startswith(here + os.sep):
            node.text = there + node.text[len(here):]
    for backing in root.findall('devices/disk'):
        # What lies under a disk is the other host's business: its own disk says what that is.
        for chain in backing.findall('backingStore'):
            backing.remove(chain)
    for screen in root.findall('devices/graphics'):
        address = (graphics_listen or {}).get(screen.get('type'))
        if address:
            screen.attrib.pop('listen', None)
            for listen in screen.findall("listen[@type='address']"):
                listen.set('address', address)
    for port in (*root.findall("devices/serial[@type='tcp']"), *root.findall("devices/console[@type='tcp']")):
        source = port.find("source[@mode='bind']")
        if source is not None and serial_listen:
            source.set('host', serial_listen[0])
            source.set('service', str(serial_listen[1]))
    for address in root.findall("devices/hostdev[@type='pci']/source/address"):
        here = nodedev.join(address)
        address.attrib.update(nodedev.split((host_devices or {}).get(here, here)))
    if numa_info:
        _adapt_numa(root, numa_info)
    return ElementTree.tostring(root, encoding='unicode')


def _adapt_numa(root, info):
    """Put the other host's CPUs and cells in place of this one's."""
    if 'vcpu_cpuset' in info:
        vcpu = root.find('vcpu')
        vcpu.attrib.pop('cpuset', None)
        if info['vcpu_cpuset']:
            vcpu.set('cpuset', info['vcpu_cpuset'])
        return
    for pin in root.findall('cputune/vcpupin'):
        pin.set('cpuset', info['vcpus'][pin.get('vcpu')])
    for pin in root.findall('cputune/emulatorpin'):
        pin.set('cpuset', info['emulator'])
    for schedule in root.findall('cputune/vcpusched'):
        schedule.set('priority', str(info['priority']))
    for memory in root.findall('numatune/memory'):
        memory.set('nodeset', hardware.format_cpu_spec(set(info['cells'])))
    for node in root.findall('numatune/memnode'):
        node.set('nodeset', str(info['cells'][int(node.get('cellid'))]))


def writable_disks(document):
    """Return the names in the guest of the disks that it can write, whose content must be copied."""
    return [disk.find('target').get('dev') for disk in base.parse(document).findall('devices/disk')
            if disk.get('device') == 'disk' and disk.find('readonly') is None and disk.find('source') is not None]


def processor(document):
    """Return (kind of domain, machine, its processor as a document or None)."""
    root = base.parse(document)
    cpu = root.find('cpu')
    return (root.get('type'), root.find('os/type').get('machine'), root.find('os/type').get('arch'),
            None if cpu is None else ElementTree.tostring(cpu, encoding='unicode'))
