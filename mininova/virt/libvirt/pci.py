# SPDX-License-Identifier: Apache-2.0
"""PCI devices of the host: which there are, and those of a guest.  Runs in nova-compute.

Cut out of Nova's nova/virt/libvirt/driver.py (_get_pci_passthrough_devices, _detach_pci_devices...) and host.py.
"""
import time

from oslo_log import log

import mininova.conf
from mininova import concurrency, exception
from mininova.virt.libvirt.clib import libvirt
from mininova.virt.libvirt.config import devices, nodedev

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

POLL = 0.5


def host_devices(host):
    """Return the PCI devices of the host that a guest could have at all; none where no guest may have any.

    :param host: virt.libvirt.host.Host
    """
    if not CONF.pci.device_spec:
        return []
    found = (nodedev.PCIDevice.parse(document) for document in host.pci_documents())
    return [each.describe() for each in found if each is not None and not each.is_bridge]


def hostdevs(instance):
    """Return the devices of a server as parts of its guest's document."""
    return [devices.HostDevice(each['address'], each.get('managed', True)) for each in instance.get_pci_devices()]


def counterparts(instance, there):
    """Return {address of a server's device: address of the one that takes its place on another host}.

    :param there: documents of what was claimed for the same requests there, None for nothing
    """
    waiting = {}
    for each in there or ():
        waiting.setdefault(each['request_id'], []).append(each['address'])
    return {each['address']: waiting[each['request_id']].pop(0) for each in instance.get_pci_devices()
            if waiting.get(each['request_id'])}


def detach_all(guest, instance):
    """Take all its devices away from a running guest, which must let them go.

    :raises PciDeviceDetachFailed: it did not in time
    """
    for device in _of_guest(guest, instance):
        for _attempt in range(CONF.libvirt.device_detach_attempts):
            _ask_to_detach(guest, device, instance)
            if _wait_until_gone(guest, device):
                break
        else:
            raise exception.PciDeviceDetachFailed(dev=device.address, reason=(
                f'the guest did not let it go in {CONF.libvirt.device_detach_attempts} times '
                f'{CONF.libvirt.device_detach_timeout} s'))


def attach_all(guest, instance):
    """Give a running guest those of its devices that it has not."""
    present = {device.address for device in _of_guest(guest, instance)}
    for device in hostdevs(instance):
        if device.address not in present:
            guest.attach_device(device.to_xml(), live=True)


def _ask_to_detach(guest, device, instance):
    try:
        guest.detach_device(device.to_xml(), live=True)
    except libvirt.libvirtError as error:
        # A second request while the first one is under way is refused.
        LOG.debug('PCI device %s: %s', device.address, error, instance=instance)


def _wait_until_gone(guest, device):
    deadline = time.monotonic() + CONF.libvirt.device_detach_timeout
    while device.address in guest.describe().hostdevs:
        if time.monotonic() > deadline:
            return False
        concurrency.sleep(POLL)
    return True


def _of_guest(guest, instance):
    wanted = hostdevs(instance)
    present = guest.describe().hostdevs if wanted else ()
    return [device for device in wanted if device.address in present]
