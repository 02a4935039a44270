# SPDX-License-Identifier: Apache-2.0
"""What is done to a guest where it is: shut down, pause, suspend, interrupt, password.  Runs in nova-compute.

A suspended guest is libvirt's managed save: the file belongs to the definition, outlives libvirtd and the host, and
goes with the definition.  Cut out of Nova's nova/virt/libvirt/driver.py.
"""
from oslo_log import log as logging
from oslo_utils import strutils

from mininova import concurrency, crashpoint, exception
from mininova.compute import power_state
from mininova.virt.libvirt import console, pci
from mininova.virt.libvirt.clib import libvirt

LOG = logging.getLogger(__name__)

SHUTDOWN_POLL = 0.5
WINDOWS_ADMINISTRATOR, ADMINISTRATOR = 'Administrator', 'root'


class GuestActions:
    """Part of :class:`mininova.virt.libvirt.driver.LibvirtDriver`."""

    def _shut_down(self, guest, instance, timeout, repeat):
        """Ask a guest to switch itself off; return whether it did in time.

        :param timeout: seconds
        :param repeat: seconds until it is asked again; 0 asks once
        :raises StaleAction: something else was asked of the server meanwhile
        """
        waited = asked = 0.0
        guest.shutdown()
        crashpoint.crashpoint('stop.O5.asked.after')
        while guest.is_active():
            if waited >= timeout:
                return False
            if self.virtapi.is_overtaken(instance):
                raise exception.StaleAction(action_id=instance.action_id, instance_uuid=instance.uuid)
            if repeat and waited - asked >= repeat:
                asked = waited
                guest.shutdown()
            concurrency.sleep(SHUTDOWN_POLL)
            waited += SHUTDOWN_POLL
        return True

    # -- pause -----------------------------------------------------------------------

    def pause(self, instance):
        guest = self._host.get_guest(instance)
        try:
            guest.pause()
        except libvirt.libvirtError as error:
            _refuse(error, guest, instance, 'pause')

    def unpause(self, instance):
        guest = self._host.get_guest(instance)
        try:
            guest.resume()
        except libvirt.libvirtError as error:
            if guest.get_info().state != power_state.RUNNING:
                _refuse(error, guest, instance, 'unpause')
        guest.sync_time()

    # -- suspend ---------------------------------------------------------------------

    def suspend(self, context, instance):
        guest = self._host.get_guest(instance)
        if not guest.is_active() and guest.has_saved_memory():
            return
        try:
            # What is in a device of the host cannot be saved: the guest gets them anew when it goes on.
            pci.detach_all(guest, instance)
            guest.save_memory()
        except (libvirt.libvirtError, exception.PciDeviceDetachFailed) as error:
            if not guest.is_active():
                _refuse(error, guest, instance, 'suspend')
            pci.attach_all(guest, instance)
            LOG.error('libvirt could not save the memory of the guest: %s', error, instance=instance)
            raise exception.InstanceSuspendFailure(reason='its memory could not be saved; the guest runs on') from error
        LOG.info('The memory of the guest was saved.', instance=instance)

    def resume(self, context, instance, network_info, block_device_info=None):
        guest = self._find_guest(instance)
        if guest is None:
            LOG.warning('The guest lost its definition, and its memory with it; it is started anew.', instance=instance)
            self._hard_reboot(context, instance, network_info)
            return
        state = guest.get_info().state
        if state == power_state.RUNNING:
            pci.attach_all(guest, instance)
            return
        try:
            if state == power_state.PAUSED:
                guest.resume()
            else:
                self.plug_vifs(instance, network_info)
                console.prepare_log(instance)
                crashpoint.crashpoint('resume.S5.plugged.after')
                guest.launch()
            pci.attach_all(guest, instance)
        except libvirt.libvirtError as error:
            LOG.error('libvirt could not load the memory of the guest: %s', error, instance=instance)
            raise exception.InstanceResumeFailure(
                reason='its memory could not be loaded; a hard reboot starts it without') from error
        self._wait_for_boot(instance)
        guest.sync_time()

    # -- interrupts and passwords ------------------------------------------------------

    def inject_nmi(self, instance):
        guest = self._host.get_guest(instance)
        try:
            guest.inject_nmi()
        except libvirt.libvirtError as error:
            _refuse(error, guest, instance, 'trigger_crash_dump')

    def set_admin_password(self, instance, new_password):
        properties = instance.image_meta.properties
        if not strutils.bool_from_string(properties.get('hw_qemu_guest_agent')):
            raise exception.QemuGuestAgentNotEnabled()
        windows = (properties.get('os_type') or instance.os_type) == 'windows'
        user = properties.get('os_admin_user') or (WINDOWS_ADMINISTRATOR if windows else ADMINISTRATOR)
        try:
            self._host.get_guest(instance).set_user_password(user, new_password)
        except libvirt.libvirtError as error:
            code = error.get_error_code()
            LOG.warning('libvirt could not set the password of %s: error %s.', user, code, instance=instance)
            if code == libvirt.VIR_ERR_AGENT_UNRESPONSIVE:
                raise exception.SetAdminPasswordUnavailable() from None
            # The text may repeat what the agent was sent.
            raise exception.InstancePasswordSetFailed(instance=instance.uuid,
                                                      reason=f'libvirt answered with error {code}') from None


def _refuse(error, guest, instance, method):
    """Tell a guest that is in the wrong state from a hypervisor that failed."""
    state = guest.get_info().state
    LOG.error('libvirt refused to %s the guest (%s): %s', method, power_state.STATE_MAP[state], error,
              instance=instance)
    raise exception.InstanceInvalidState(attr='power state', instance_uuid=instance.uuid, method=method,
                                         state=power_state.STATE_MAP[state]) from error
