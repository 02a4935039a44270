# SPDX-License-Identifier: Apache-2.0
"""Write a guest's memory to disk and load it again; runs on the compute host.  Nova: suspend_instance,
resume_instance of nova/compute/manager.py.

A suspended guest needs neither memory nor processor and outlives a restart of its host.  A failure of either way leaves
the server where it was: it runs on, or it can be resumed again, or rebooted hard, which gives the memory up.
"""
from mininova.compute import block_devices, task_states, vm_states
from mininova.compute.operations import base
from mininova.crashpoint import crashpoint


class SuspendOperations(base.Operations):
    """Suspend and resume (RPC endpoint)."""

    @base.instance_operation(notification='suspend', accepts=task_states.SUSPENDING)
    def suspend_instance(self, context, instance):
        """Save a guest's memory and stop it; one whose memory is saved already is left alone."""
        crashpoint('suspend.S1.accepted.after')
        self.driver.suspend(context, instance)
        crashpoint('suspend.S2.saved.after')
        self.settle(instance, vm_states.SUSPENDED, 'compute_suspend_instance')

    @base.instance_operation(notification='resume', accepts=task_states.RESUMING)
    def resume_instance(self, context, instance):
        """Load a guest's memory and let it go on; the host may have been restarted since."""
        crashpoint('resume.S3.accepted.after')
        self.host.network_api.setup_instance_on_host(context, instance)
        self.driver.resume(context, instance, instance.get_network_info(),
                           block_devices.block_device_info(context, instance))
        crashpoint('resume.S4.running.after')
        self.settle(instance, vm_states.ACTIVE, 'compute_resume_instance')


def take_up_suspend(reconciler, request, instance):
    """Remedy: the message was lost, or the service died with the work."""
    reconciler.manager.suspend.suspend_instance(request, instance)


def take_up_resume(reconciler, request, instance):
    reconciler.manager.suspend.resume_instance(request, instance)
