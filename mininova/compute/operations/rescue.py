# SPDX-License-Identifier: Apache-2.0
"""Boot a guest from another image with its own disk beside it, and back.  Nova: rescue_instance, unrescue_instance of
nova/compute/manager.py.
"""
from oslo_log import log
from oslo_utils import timeutils

from mininova import exception, objects
from mininova.compute import block_devices, instance_actions, task_states, vm_states
from mininova.compute.operations import base, power
from mininova.crashpoint import crashpoint
from mininova.image import api as image_api

LOG = log.getLogger(__name__)


class RescueOperations(base.Operations):
    """Rescue and unrescue (RPC endpoint)."""

    def __init__(self, host):
        super().__init__(host)
        self.image_api = image_api.API()

    @base.instance_operation(notification='rescue', accepts=task_states.RESCUING,
                             notes=lambda arguments: {'rescue_image_ref': arguments.get('image_id')})
    def rescue_instance(self, context, instance, password=None, image_id=None):
        """Turn the guest off and boot it from the rescue image; a failure boots its own disk again if it ran."""
        instance.refresh()
        image = self._find_image(context, instance, image_id)
        self.driver.prefetch_image(context, instance, image)
        crashpoint('rescue.U2.image_ready.after')
        self.host.network_api.setup_instance_on_host(context, instance)
        try:
            power.turn_off(self.driver, instance)
            crashpoint('rescue.U3.off.after')
            self.driver.rescue(context, instance, instance.get_network_info(), image, password,
                               block_devices.block_device_info(context, instance))
        except Exception as error:
            LOG.exception('The guest cannot be rescued.', instance=instance)
            self._bring_back(context, instance)
            if isinstance(error, exception.NovaException) and error.safe:
                raise
            raise exception.InstanceNotRescuable(instance_id=instance.uuid, reason=type(error).__name__) from error
        crashpoint('rescue.U4.running.after')
        instance.launched_at = timeutils.utcnow()
        self.settle(instance, vm_states.RESCUED, 'compute_rescue_instance')

    def _find_image(self, context, instance, image_id):
        wanted = image_id or self.driver.default_rescue_image()
        if not wanted or wanted == instance.image_ref:
            return instance.image_meta
        return objects.ImageMeta.from_dict(self.image_api.get(context, wanted))

    def _bring_back(self, context, instance):
        """Let a guest that could not be rescued run from its own disk again."""
        try:
            self.driver.unrescue(context, instance, instance.get_network_info(),
                                 power_on=instance.vm_state == vm_states.ACTIVE)
        except Exception:
            LOG.exception('The guest could not be brought back to its own disk.', instance=instance)

    @base.instance_operation(notification='unrescue', accepts=task_states.UNRESCUING)
    def unrescue_instance(self, context, instance):
        """Boot the guest from its own disk again and remove what the rescue made."""
        crashpoint('unrescue.U5.accepted.after')
        self.host.network_api.setup_instance_on_host(context, instance)
        self.driver.unrescue(context, instance, instance.get_network_info())
        crashpoint('unrescue.U6.running.after')
        self.settle(instance, vm_states.ACTIVE, 'compute_unrescue_instance')


def take_up_rescue(reconciler, request, instance):
    """Remedy: the message was lost, or the service died with the work; the password comes from conductor."""
    record = objects.InstanceAction.get_current(request, instance.uuid, instance.action_id)
    if record is not None and record.action == instance_actions.RESCUE:
        reconciler.parts.conductor.redeliver(request, instance)
    else:
        reconciler.clear_task(request, instance)


def take_up_unrescue(reconciler, request, instance):
    reconciler.manager.rescue.unrescue_instance(request, instance)
