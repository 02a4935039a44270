# SPDX-License-Identifier: Apache-2.0
"""Cards that are plugged into guests and out of them.  Runs in nova-compute.

Nova: attach_interface, detach_interface and _detach_with_retry of nova/virt/libvirt/driver.py.

libvirt keeps two documents of a running guest: what it has now (live) and what it gets at its next start (config).
Each is looked at and changed by itself, so that what was half done is finished by doing it again.  A card goes from a
running guest when the guest's system lets go of it; that is asked for several times, because a guest that boots does
not hear it.
"""
import time

from oslo_log import log as logging

import mininova.conf
from mininova import concurrency, exception
from mininova.compute import power_state
from mininova.virt.libvirt import vif as libvirt_vif
from mininova.virt.libvirt.clib import libvirt

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

POLL = 0.25  # seconds
ON = (power_state.RUNNING, power_state.PAUSED)


class Interfaces:
    """Part of :class:`mininova.virt.libvirt.driver.LibvirtDriver`."""

    def plug_vifs(self, instance, network_info):
        for vif in network_info or ():
            libvirt_vif.plug(vif)

    def attach_interface(self, context, instance, image_meta, vif):
        guest = self._host.get_guest(instance)
        libvirt_vif.plug(vif)
        document = libvirt_vif.get_config(vif, image_meta).to_xml()
        try:
            for live in _documents(guest):
                if not _has(guest, vif, live):
                    guest.attach_device(document, live)
            instance.device_metadata = guest.describe().places()
        except libvirt.libvirtError as error:
            LOG.error('libvirt refused card %s: %s', vif['id'], error, instance=instance)
            raise exception.InterfaceAttachFailed(instance_uuid=instance.uuid) from error

    def detach_interface(self, context, instance, vif):
        guest = self._find_guest(instance)
        if guest is None:
            return
        try:
            for live in _documents(guest):
                if live:
                    self._detach_live(guest, instance, vif)
                elif _has(guest, vif, live):
                    guest.detach_device(_document(guest, vif, live), live)
        except exception.InstanceNotFound:
            LOG.info('The guest went before its card.', instance=instance)
        except libvirt.libvirtError as error:
            raise exception.InterfaceDetachFailed(instance_uuid=instance.uuid, reason=str(error)) from error

    def _detach_live(self, guest, instance, vif):
        """Ask the guest to let a card go until it does."""
        for attempt in range(1, CONF.libvirt.device_detach_attempts + 1):
            document = _document(guest, vif, live=True)
            if document is None:
                return
            try:
                guest.detach_device(document, live=True)
            except libvirt.libvirtError as error:
                # Since libvirt 4.1 a second request while the first one is under way is refused.
                LOG.debug('Attempt %d to detach card %s: %s', attempt, vif['id'], error, instance=instance)
            deadline = time.monotonic() + CONF.libvirt.device_detach_timeout
            while time.monotonic() < deadline:
                if not guest.is_active() or not _has(guest, vif, live=True):
                    return
                concurrency.sleep(POLL)
            LOG.info('The guest still has card %s after attempt %d.', vif['id'], attempt, instance=instance)
        raise exception.InterfaceDetachFailed(instance_uuid=instance.uuid, reason=(
            f'the guest did not let card {vif["id"]} go in {CONF.libvirt.device_detach_attempts} times '
            f'{CONF.libvirt.device_detach_timeout} s'))

    def update_interface(self, context, instance, image_meta, vif):
        guest = self._find_guest(instance)
        if guest is None or not CONF.libvirt.use_nwfilter:
            return
        document = libvirt_vif.get_config(vif, image_meta).to_xml()
        for live in _documents(guest):
            if _has(guest, vif, live):
                guest.update_device(document, live)


def _documents(guest):
    """Return which documents there are: True is the live one, which comes first: it is the one that may not work."""
    return (True, False) if guest.get_info().state in ON else (False,)


def _document(guest, vif, live):
    return guest.describe(inactive=not live).interface_document(vif['address'])


def _has(guest, vif, live):
    return _document(guest, vif, live) is not None
