# SPDX-License-Identifier: Apache-2.0
"""Start, stop and reboot.  Nova: the same methods of nova/compute/manager.py."""
from oslo_log import log

import mininova.conf
from mininova import exception
from mininova.compute import block_devices, power_state, shelved_image, task_states, vm_states
from mininova.compute.operations import base
from mininova.crashpoint import crashpoint
from mininova.image import api as image_api
from mininova.virt import driver

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

HARD_REBOOT_TASKS = (task_states.REBOOTING_HARD, task_states.REBOOT_PENDING_HARD, task_states.REBOOT_STARTED_HARD)
REBOOT_TASKS = (task_states.REBOOTING, task_states.REBOOT_PENDING, task_states.REBOOT_STARTED, *HARD_REBOOT_TASKS)


class PowerOperations(base.Operations):
    """Turn guests on and off (RPC endpoint)."""

    @base.instance_operation(notification='power_on', accepts=task_states.POWERING_ON)
    def start_instance(self, context, instance):
        crashpoint('start.O3.accepted.after')
        self._make_ready(context, instance)
        self.driver.power_on(context, instance, instance.get_network_info(),
                             block_devices.block_device_info(context, instance))
        crashpoint('start.O4.on.after')
        self.settle(instance, vm_states.ACTIVE, 'compute_start_instance')
        # One that was shelved and had not left its host needs its image no more.
        shelved_image.forget(context, instance, image_api.API())

    @base.instance_operation(notification='power_off', accepts=task_states.POWERING_OFF)
    def stop_instance(self, context, instance, clean_shutdown=True):
        """Turn a guest off; one that is not there is off.

        :param clean_shutdown: give it [DEFAULT] shutdown_timeout, or the time its image says, to do so itself
        """
        timeout = self.shutdown_timeout(instance) if clean_shutdown else 0
        crashpoint('stop.O1.accepted.after')
        try:
            self.driver.power_off(instance, timeout, CONF.compute.shutdown_retry_interval if timeout else 0)
        except exception.InstanceNotFound:
            LOG.warning('There is no guest to turn off.', instance=instance)
        crashpoint('stop.O2.off.after')
        self.settle(instance, vm_states.STOPPED, 'compute_stop_instance')

    @base.instance_operation(notification='reboot', accepts=REBOOT_TASKS)
    def reboot_instance(self, context, instance, reboot_type):
        """Restart a guest.  If that fails, the server is ACTIVE where the guest runs all the same, else in ERROR.

        :param reboot_type: 'SOFT' asks the guest and falls back to 'HARD'
        """
        crashpoint('reboot.B1.accepted.after')
        try:
            self._make_ready(context, instance)
            self._record_start(instance, reboot_type)
            self.driver.reboot(context, instance, instance.get_network_info(), reboot_type,
                               block_devices.block_device_info(context, instance))
        except (exception.UnexpectedTaskStateError, exception.StaleAction):
            raise
        except Exception:
            with exception.excutils.save_and_reraise_exception():
                instance.power_state = self.power_state(instance)
                runs = instance.power_state == power_state.RUNNING
                instance.vm_state = vm_states.ACTIVE if runs else vm_states.ERROR
        crashpoint('reboot.B3.running.after')
        self.settle(instance, vm_states.ACTIVE, 'compute_reboot_instance')

    def _record_start(self, instance, reboot_type):
        """Write that the reboot is under way: from here on another hard reboot may only replace a soft one."""
        before = instance.task_state
        instance.task_state = (task_states.REBOOT_STARTED if reboot_type == driver.REBOOT_SOFT
                               else task_states.REBOOT_STARTED_HARD)
        instance.save(expected_task_state=before, expected={'action_id': instance.action_id, 'host': self.host.name})
        crashpoint('reboot.B2.started.after')

    def _make_ready(self, context, instance):
        """Make sure the host serves the guest's networks before it starts."""
        self.host.network_api.setup_instance_on_host(context, instance)

    @staticmethod
    def shutdown_timeout(instance):
        """Return the seconds a guest gets to shut down: as its image says, or its flavor, or the configuration."""
        for wanted in (instance.system_metadata.get('image_os_shutdown_timeout'),
                       (instance.flavor.extra_specs or {}).get('os_shutdown_timeout')):
            if wanted and wanted.isdigit():
                return int(wanted)
        return CONF.shutdown_timeout


def turn_off(driver, instance):
    """Turn a guest off before its disks are changed, in the time that it gets; one that is not there is off."""
    timeout = PowerOperations.shutdown_timeout(instance)
    try:
        driver.power_off(instance, timeout, CONF.compute.shutdown_retry_interval if timeout else 0)
    except exception.InstanceNotFound:
        LOG.info('There is no guest to turn off.', instance=instance)
