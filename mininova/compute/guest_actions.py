# SPDX-License-Identifier: Apache-2.0
"""Start, stop, reboot and what else is done to a guest where it is; runs in nova-api.  Nova: nova/compute/api.py."""
from mininova.compute import action


class GuestActions:
    """Part of :class:`mininova.compute.api.API`."""

    @action.instance_action
    def start(self, context, instance):
        """Turn a stopped server on."""
        self.compute_rpcapi.start_instance(context, instance)

    @action.instance_action
    def stop(self, context, instance):
        """Turn a server off; it keeps its host, disks and addresses."""
        self.compute_rpcapi.stop_instance(context, instance)

    def reboot(self, context, instance, reboot_type):
        """Restart a server.

        :param reboot_type: 'SOFT' asks the guest, 'HARD' cuts the power
        """
        return (self.reboot_soft if reboot_type == 'SOFT' else self.reboot_hard)(context, instance)

    @action.instance_action
    def reboot_soft(self, context, instance):
        self.compute_rpcapi.reboot_instance(context, instance, 'SOFT')

    @action.instance_action
    def reboot_hard(self, context, instance):
        self.compute_rpcapi.reboot_instance(context, instance, 'HARD')
