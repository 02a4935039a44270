# SPDX-License-Identifier: Apache-2.0
"""What the fake hypervisor does to a guest where it is: pause, suspend, interrupts, passwords.  Runs in nova-compute.

Cut out of Nova's nova/virt/fake.py, where these methods do nothing.
"""
import time

from oslo_utils import strutils

from mininova import concurrency, crashpoint, exception
from mininova.compute import power_state
from mininova.virt import event

POLL = 0.1


class GuestActions:
    """Part of :class:`mininova.virt.fake.FakeDriver`."""

    def pause(self, instance):
        self.faults.hit('pause')
        guest = self._guest(instance)
        self._must_run(guest, 'pause')
        self._become(guest, power_state.PAUSED, event.EVENT_LIFECYCLE_PAUSED)

    def unpause(self, instance):
        self.faults.hit('unpause')
        guest = self._guest(instance)
        self._must_run(guest, 'unpause')
        self._become(guest, power_state.RUNNING, event.EVENT_LIFECYCLE_RESUMED)

    def suspend(self, context, instance):
        self.faults.hit('suspend')
        guest = self._guest(instance)
        if guest.saved and not guest.running:
            return
        self._must_run(guest, 'suspend')
        self.faults.hit('suspend.save')
        guest.saved = True
        self._stop(guest)

    def resume(self, context, instance, network_info, block_device_info=None):
        self.faults.hit('resume')
        guest = self._restorable(instance, network_info)
        if guest.running:
            self._become(guest, power_state.RUNNING, event.EVENT_LIFECYCLE_RESUMED)
            return
        self._start(guest, 'resume.start')

    def inject_nmi(self, instance):
        self.faults.hit('inject_nmi')
        guest = self._guest(instance)
        self._must_run(guest, 'trigger_crash_dump')
        guest.interrupts += 1
        guest.console += f'{guest.name}: non-maskable interrupt\n'
        self.host.keep(guest)

    def set_admin_password(self, instance, new_password):
        self.faults.hit('set_admin_password')
        guest = self._guest(instance)
        properties = instance.image_meta.properties
        if not strutils.bool_from_string(properties.get('hw_qemu_guest_agent')):
            raise exception.QemuGuestAgentNotEnabled()
        if guest.state != power_state.RUNNING:
            raise exception.SetAdminPasswordUnavailable()
        guest.console += f'{guest.name}: password of {properties.get("os_admin_user") or "root"} changed\n'
        self.host.keep(guest)

    @staticmethod
    def _must_run(guest, method):
        if not guest.running:
            raise exception.InstanceInvalidState(attr='power state', instance_uuid=guest.uuid, method=method,
                                                 state=power_state.STATE_MAP[guest.state])

    def _become(self, guest, state, transition):
        if guest.state != state:
            guest.state = state
            self.host.keep(guest)
            self._tell(guest, transition)

    def _wait_for_shutdown(self, instance, seconds):
        """Let a guest take its time to shut down.

        :raises StaleAction: something else was asked of the server meanwhile
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.virtapi.is_overtaken(instance):
                raise exception.StaleAction(action_id=instance.action_id, instance_uuid=instance.uuid)
            concurrency.sleep(min(POLL, left))
        crashpoint.crashpoint('stop.O5.asked.after')
