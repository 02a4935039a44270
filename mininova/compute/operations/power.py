# SPDX-License-Identifier: Apache-2.0
"""Start, stop and reboot.  Nova: the same methods of nova/compute/manager.py."""
from oslo_log import log

import mininova.conf
from mininova.compute import block_devices, task_states, vm_states
from mininova.compute.operations import base

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

RETRY_INTERVAL = 10


class PowerOperations(base.Operations):
    """Turn guests on and off (RPC endpoint)."""

    @base.instance_operation(notification='power_on', accepts=task_states.POWERING_ON)
    def start_instance(self, context, instance):
        self._make_ready(context, instance)
        self.driver.power_on(context, instance, instance.get_network_info(),
                             block_devices.block_device_info(context, instance))
        self.settle(instance, vm_states.ACTIVE, 'compute_start_instance')

    @base.instance_operation(notification='power_off', accepts=task_states.POWERING_OFF)
    def stop_instance(self, context, instance, clean_shutdown=True):
        timeout = self.shutdown_timeout(instance) if clean_shutdown else 0
        self.driver.power_off(instance, timeout, RETRY_INTERVAL)
        self.settle(instance, vm_states.STOPPED, 'compute_stop_instance')

    @base.instance_operation(notification='reboot', accepts=(task_states.REBOOTING, task_states.REBOOTING_HARD))
    def reboot_instance(self, context, instance, reboot_type):
        """:param reboot_type: 'SOFT' asks the guest and falls back to 'HARD'"""
        self._make_ready(context, instance)
        self.driver.reboot(context, instance, instance.get_network_info(), reboot_type,
                           block_devices.block_device_info(context, instance))
        self.settle(instance, vm_states.ACTIVE, 'compute_reboot_instance')

    def _make_ready(self, context, instance):
        """Make sure the host serves the guest's networks before it starts."""
        self.host.network_api.setup_instance_on_host(context, instance)

    @staticmethod
    def shutdown_timeout(instance):
        """Return the seconds a guest gets to shut down: its image may say, else the configuration does."""
        wanted = instance.system_metadata.get('image_os_shutdown_timeout')
        return int(wanted) if wanted and wanted.isdigit() else CONF.shutdown_timeout
