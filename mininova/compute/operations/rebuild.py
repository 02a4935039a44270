# SPDX-License-Identifier: Apache-2.0
"""A new disk from an image, on the same host with the same addresses.  Nova: rebuild_instance of
nova/compute/manager.py.

The image is fetched and checked while the old disk is still there; if it is no good, everything stays as it was. Then
the task state says that the old disk is being given up, and from there on the rebuild is repeated to its end, also by
a service that was killed in it.
"""
from oslo_log import log
from oslo_utils import timeutils

from mininova import exception, objects
from mininova.compute import block_devices, instance_actions, task_states, vm_states
from mininova.compute.operations import base, build, power
from mininova.crashpoint import crashpoint

LOG = log.getLogger(__name__)

EVENT = 'compute_rebuild_instance'
TASKS = (task_states.REBUILDING, task_states.REBUILD_BLOCK_DEVICE_MAPPING, task_states.REBUILD_SPAWNING)


class RebuildOperations(base.Operations):
    """Rebuild servers (RPC endpoint)."""

    @base.instance_operation(notification='rebuild', accepts=TASKS,
                             notes=lambda arguments: {'trusted_image_certificates': None})
    def rebuild_instance(self, context, instance, preserve_ephemeral=False, password=None, injected_files=None):
        """Make the disk anew; a stopped server stays stopped, one in ERROR becomes ACTIVE."""
        instance.refresh()
        if instance.task_state == task_states.REBUILDING:
            self._check_image(context, instance)
            crashpoint('rebuild.B2.image_ready.after')
            power.turn_off(self.driver, instance)
            crashpoint('rebuild.B3.off.after')
            self._advance(instance, task_states.REBUILD_BLOCK_DEVICE_MAPPING)
        try:
            if instance.task_state == task_states.REBUILD_BLOCK_DEVICE_MAPPING:
                self._give_up_disks(context, instance, preserve_ephemeral)
                crashpoint('rebuild.B4.disks_gone.after')
                self._advance(instance, task_states.REBUILD_SPAWNING)
            self._spawn_again(context, instance, password, build.decode(injected_files),
                             power_on=instance.vm_state != vm_states.STOPPED)
        except build.OVERTAKEN:
            raise
        except Exception:
            # There is no way back to the old disk.
            instance.vm_state = vm_states.ERROR
            raise
        crashpoint('rebuild.B5.spawned.after')
        instance.launched_at = timeutils.utcnow()
        self.settle(instance, vm_states.STOPPED if instance.vm_state == vm_states.STOPPED else vm_states.ACTIVE, EVENT)
        LOG.info('Rebuilt from image %s.', instance.image_ref, instance=instance)

    def _check_image(self, context, instance):
        """Have the image at hand, checked; if it cannot be used the record gets the old one back."""
        try:
            self.driver.prefetch_image(context, instance, instance.image_meta)
        except Exception:
            with exception.excutils.save_and_reraise_exception():
                self._restore_image(context, instance)

    @staticmethod
    def _restore_image(context, instance):
        """Name the old image again, in the record as it will be written with the failure."""
        record = objects.InstanceAction.get_current(context, instance.uuid, instance.action_id)
        arguments = (record.arguments if record is not None else None) or {}
        for name, value in (arguments.get('before') or {}).items():
            setattr(instance, name, value)
        if arguments.get('image_before'):
            objects.RequestSpec.set_image(context, instance.uuid, arguments['image_before'])

    def _give_up_disks(self, context, instance, preserve_ephemeral):
        network_info = instance.get_network_info()
        self.driver.destroy(context, instance, network_info, block_devices.block_device_info(context, instance),
                            destroy_disks=not preserve_ephemeral)
        if preserve_ephemeral:
            self.driver.discard_root_disk(instance)

    def _spawn_again(self, context, instance, password, injected_files, power_on=True):
        """Make disks and guest of a server from its image on this host, with the addresses that it has.

        :param injected_files: [(path, bytes), ...]
        """
        network_info = self.host.network_api.setup_instance_on_host(context, instance)
        self.driver.spawn(context, instance, instance.image_meta, injected_files, password, None,
                          network_info, block_devices.block_device_info(context, instance),
                          power_on=power_on)

    def _advance(self, instance, task_state):
        """Write the next task state; holds only while this host drives the action."""
        before, instance.task_state = instance.task_state, task_state
        instance.save(expected_task_state=before, expected={'action_id': instance.action_id, 'host': self.host.name})


def take_up(reconciler, request, instance):
    """Remedy: the message was lost, or the service died with the work; the secrets come from conductor."""
    record = objects.InstanceAction.get_current(request, instance.uuid, instance.action_id)
    if record is not None and record.action == instance_actions.REBUILD:
        reconciler.parts.conductor.redeliver(request, instance)
    elif record is None or record.action != instance_actions.EVACUATE:
        reconciler.clear_task(request, instance)
