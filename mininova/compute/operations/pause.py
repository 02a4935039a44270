# SPDX-License-Identifier: Apache-2.0
"""Freeze guests and let them go on; runs on the compute host.  Nova: pause_instance, unpause_instance of
nova/compute/manager.py."""
from mininova.compute import task_states, vm_states
from mininova.compute.operations import base
from mininova.crashpoint import crashpoint


class PauseOperations(base.Operations):
    """Pause and unpause (RPC endpoint)."""

    @base.instance_operation(notification='pause', accepts=task_states.PAUSING)
    def pause_instance(self, context, instance):
        """Freeze a guest; one that is frozen stays so."""
        crashpoint('pause.P1.accepted.after')
        self.driver.pause(instance)
        crashpoint('pause.P2.frozen.after')
        self.settle(instance, vm_states.PAUSED, 'compute_pause_instance')

    @base.instance_operation(notification='unpause', accepts=task_states.UNPAUSING)
    def unpause_instance(self, context, instance):
        """Let a guest go on; one that runs is left alone."""
        crashpoint('unpause.P3.accepted.after')
        self.driver.unpause(instance)
        crashpoint('unpause.P4.running.after')
        self.settle(instance, vm_states.ACTIVE, 'compute_unpause_instance')


def take_up_pause(reconciler, request, instance):
    """Remedy: the message was lost, or the service died with the work."""
    reconciler.manager.pause.pause_instance(request, instance)


def take_up_unpause(reconciler, request, instance):
    reconciler.manager.pause.unpause_instance(request, instance)
