# SPDX-License-Identifier: Apache-2.0
"""Start, stop, reboot and what else is done to a guest where it is; runs in nova-api.  Nova: nova/compute/api.py."""
from oslo_utils import uuidutils

from mininova import exception, objects
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

    @action.instance_action
    def pause(self, context, instance):
        """Freeze a guest; its memory stays on the host."""
        self.compute_rpcapi.pause_instance(context, instance)

    @action.instance_action
    def unpause(self, context, instance):
        """Let a frozen guest go on."""
        self.compute_rpcapi.unpause_instance(context, instance)

    @action.instance_action
    def suspend(self, context, instance):
        """Write a guest's memory to disk and stop it."""
        self.compute_rpcapi.suspend_instance(context, instance)

    @action.instance_action
    def resume(self, context, instance):
        """Load a suspended guest's memory and let it go on."""
        self.compute_rpcapi.resume_instance(context, instance)

    def trigger_crash_dump(self, context, instance):
        """Make a guest write a crash dump, if it is made to.

        Nothing of the server changes, so the record of this action stands beside whatever else is done to it.

        :raises InstanceIsLocked, InstanceInvalidState, InstanceNotReady: (409)
        """
        rule = action.check_action(context, instance, 'trigger_crash_dump')
        action_id = uuidutils.generate_uuid()
        objects.InstanceAction.action_start(context, instance.uuid, rule.action, action_id)
        action.send(self.compute_rpcapi.trigger_crash_dump, context, instance, action_id)

    def inject_network_info(self, context, instance):
        """Have a server's networks set up again on its host; nothing is recorded, as in Nova.

        :raises InstanceIsLocked, InstanceNotReady: (409)
        """
        action.check_lock(context, instance)
        if not instance.host:
            raise exception.InstanceNotReady(instance_id=instance.uuid)
        action.send(self.compute_rpcapi.inject_network_info, context, instance)
