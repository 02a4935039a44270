# SPDX-License-Identifier: Apache-2.0
"""Put a server away as an image, free this host of it, and bring it back here.

Nova: shelve_instance, shelve_offload_instance and unshelve_instance of nova/compute/manager.py.

The guest and its disks are removed only when the image is complete and the server is written as shelved; the image is
removed only when the server is written as active.  So at any moment there is one whole copy of the disk.
"""
from oslo_log import log
from oslo_utils import timeutils

import mininova.conf
from mininova import concurrency, exception, objects
from mininova import context as nova_context
from mininova.compute import block_devices, faults, power_state, shelved_image, task_states, vm_states, waiting
from mininova.compute.operations import base, persistent, power
from mininova.crashpoint import crashpoint
from mininova.image import api as image_api
from mininova.notifications import instance as notifications

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

OFFLOAD_EVENT = 'compute_shelve_offload_instance'
UNSHELVE_EVENT = 'compute_unshelve_instance'
# What a snapshot says it does, as a server that is shelved shows it.
SNAPSHOT_TASKS = {task_states.IMAGE_PENDING_UPLOAD: task_states.SHELVING_IMAGE_PENDING_UPLOAD,
                  task_states.IMAGE_UPLOADING: task_states.SHELVING_IMAGE_UPLOADING}
SHELVING_TASKS = (task_states.SHELVING, *SNAPSHOT_TASKS.values())
UNSHELVING_TASKS = (task_states.UNSHELVING, task_states.SPAWNING)
OVERTAKEN = (exception.UnexpectedTaskStateError, exception.UnexpectedVMStateError, exception.StaleAction)


class ShelveOperations(persistent.PersistentOperations):
    """Shelve servers and bring them back (RPC endpoint)."""

    def __init__(self, host):
        super().__init__(host)
        self._image_api = image_api.API()

    # -- shelve --

    @base.instance_operation(notification='shelve', accepts=SHELVING_TASKS)
    def shelve_instance(self, context, instance, image_id, clean_shutdown=True):
        """Turn the guest off and make the announced image of its disk; offload it if that is to follow at once."""
        crashpoint('shelve.H3.taken_up.after')
        was_running = instance.vm_state == vm_states.ACTIVE
        try:
            self._put_into_image(context, instance, image_id, clean_shutdown)
        except OVERTAKEN:
            shelved_image.discard(context, instance, image_id, self._image_api)
            raise
        except Exception:
            with exception.excutils.save_and_reraise_exception():
                shelved_image.discard(context, instance, image_id, self._image_api)
                self._turn_on_again(context, instance, was_running)
        instance.update_system_metadata({shelved_image.AT: timeutils.utcnow().isoformat(),
                                         shelved_image.HOST: self.host.name})
        crashpoint('shelve.H6.shelved.before')
        offload = CONF.shelved_offload_time == 0
        instance.vm_state = vm_states.SHELVED
        instance.task_state = task_states.SHELVING_OFFLOADING if offload else None
        instance.power_state = self.power_state(instance)
        instance.finish_operation('compute_shelve_instance', expected={
            'task_state': SHELVING_TASKS, 'action_id': instance.action_id, 'host': self.host.name})
        crashpoint('shelve.H6.shelved.after')
        LOG.info('Shelved.', instance=instance)
        if offload:
            # It waits until this operation has said that it is over.
            concurrency.spawn(self.shelve_offload_instance, context, instance, clean_shutdown=False)

    def _put_into_image(self, context, instance, image_id, clean_shutdown):
        clean = clean_shutdown and instance.power_state == power_state.RUNNING
        timeout = power.PowerOperations.shutdown_timeout(instance) if clean else 0
        self.driver.power_off(instance, timeout, CONF.compute.shutdown_retry_interval if timeout else 0)
        crashpoint('shelve.H4.powered_off.after')
        if shelved_image.announce(context, instance, image_id, self._image_api):
            LOG.info('The image is complete already.', instance=instance)
            return

        def update_task_state(task_state, expected_state=None):
            instance.task_state = SNAPSHOT_TASKS[task_state]
            instance.save(expected_task_state=SHELVING_TASKS,
                          expected={'action_id': instance.action_id, 'host': self.host.name})
        self.driver.snapshot(context, instance, image_id, update_task_state)
        crashpoint('shelve.H5.image_complete.after')

    def _turn_on_again(self, context, instance, was_running):
        """Let a guest run again whose shelving failed; if that fails too, its power state tells."""
        if not was_running:
            return
        try:
            self.driver.power_on(context, instance, instance.get_network_info(),
                                 block_devices.block_device_info(context, instance))
        except Exception as error:
            LOG.warning('The guest could not be turned on again: %s', error, instance=instance)
        instance.power_state = self.power_state(instance)

    # -- offload --

    def shelve_offload_instance(self, context, instance, clean_shutdown=True):
        """Remove a shelved server from this host; its addresses stay its own."""
        with self.host.busy_with(instance.uuid):
            if self._begin(instance, OFFLOAD_EVENT, task_states.SHELVING_OFFLOADING):
                crashpoint('offload.J1.taken_up.after')
                self._run(context, instance, OFFLOAD_EVENT, 'shelve_offload', self._offload)

    def _offload(self, context, instance):
        self.host.leave(context, instance)
        crashpoint('offload.J2.removed.after')
        instance.vm_state, instance.task_state = vm_states.SHELVED_OFFLOADED, None
        instance.finish_operation(OFFLOAD_EVENT, release=True, expected={
            'task_state': task_states.SHELVING_OFFLOADING, 'action_id': instance.action_id, 'host': self.host.name})
        crashpoint('offload.J3.written.after')
        LOG.info('Offloaded.', instance=instance)

    # -- unshelve --

    def unshelve_instance(self, context, instance, request_spec=None):
        """Make a guest here of the image that a server was put into."""
        with self.host.busy_with(instance.uuid):
            try:
                instance.refresh()
                spec = request_spec or objects.RequestSpec.get_by_instance_uuid(context, instance.uuid)
                spec.flavor = instance.flavor
                claimed = instance.begin_operation(
                    UNSHELVE_EVENT, self.host.name, {'task_state': UNSHELVING_TASKS, 'host': self.host.name},
                    values={'task_state': task_states.SPAWNING, 'launched_on': self.host.name},
                    claim=self.host.tracker.wanted(instance, spec))
            except (exception.Conflict, exception.InstanceNotFound, exception.RequestSpecNotFound) as error:
                LOG.info('Not unshelving: %s', error.format_message(), instance=instance)
                return
            crashpoint('unshelve.U5.taken_up.after')

            def notify(phase, error=None):
                notifications.notify_about_instance_action(context, instance, self.host.name, 'unshelve', phase, error)
            notify('start')
            try:
                self._bring_back(context, instance, spec, claimed)
            except OVERTAKEN as error:
                LOG.info('Not unshelved: %s', error.format_message(), instance=instance)
                instance.finish_operation(UNSHELVE_EVENT, result='Error', details=faults.user_message(error))
                notify('error', error)
            except Exception as error:
                LOG.exception('The server could not be brought back here.', instance=instance)
                self._give_up(context, instance, error)
                notify('error', error)
            else:
                notify('end')

    def _bring_back(self, context, instance, spec, claimed):
        if self.power_state(instance) != power_state.RUNNING:
            with self.host.tracker.instance_claim(instance, spec, claimed):
                self._spawn(context, instance)
        crashpoint('unshelve.U7.running.after')
        instance.power_state = self.power_state(instance)
        instance.vm_state, instance.task_state = vm_states.ACTIVE, None
        instance.launched_at = timeutils.utcnow()
        instance.finish_operation(UNSHELVE_EVENT, expected={
            'task_state': task_states.SPAWNING, 'action_id': instance.action_id, 'host': self.host.name})
        crashpoint('unshelve.U8.active.after')
        LOG.info('Unshelved.', instance=instance)
        shelved_image.forget(context, instance, self._image_api)

    def _spawn(self, context, instance):
        image_id = instance.system_metadata.get(shelved_image.IMAGE)
        image_meta = objects.ImageMeta.from_dict(self._image_api.get(context, image_id))
        # The devices are to be those it had.
        image_meta.properties = instance.image_meta.properties
        network_info = self.host.network_api.setup_instance_on_host(context, instance)
        instance.network_info = list(network_info)
        instance.save(expected_task_state=task_states.SPAWNING,
                      expected={'action_id': instance.action_id, 'host': self.host.name})
        crashpoint('unshelve.U6.network.after')
        self.driver.spawn(context, instance, image_meta, [], None, None, network_info,
                          block_devices.block_device_info(context, instance))

    def _give_up(self, context, instance, error):
        """Leave the server shelved and on no host, with the reason; what cannot be cleaned up is tried again."""
        expected = {'task_state': UNSHELVING_TASKS, 'action_id': instance.action_id, 'host': self.host.name}
        written = {'result': 'Error', 'details': faults.user_message(error), 'traceback': faults.details(error),
                   'fault': faults.describe(error, self.host.name)}
        try:
            self.host.leave(context, instance)
        except Exception:
            LOG.exception('It could not be removed here; unshelving is tried again.', instance=instance)
            instance.finish_operation(UNSHELVE_EVENT, **written)
            return
        crashpoint('unshelve.U9.cleaned.after')
        instance.vm_state, instance.task_state = vm_states.SHELVED_OFFLOADED, None
        try:
            instance.finish_operation(UNSHELVE_EVENT, expected=expected, release=True, **written)
        except (exception.Conflict, exception.InstanceNotFound) as late:
            LOG.info('The state was not written: %s', late.format_message(), instance=instance)


# -- what the reconciler does with abandoned work --------------------------------------------------------


def take_up_shelve(reconciler, request, instance):
    """Shelve with the arguments that were accepted."""
    record = objects.InstanceAction.get_current(request, instance.uuid, instance.action_id)
    image_id = ((record and record.arguments) or {}).get('image_id') or instance.system_metadata.get(
        shelved_image.IMAGE)
    if image_id is None:
        reconciler.clear_task(request, instance)
        return
    reconciler.manager.shelve.shelve_instance(request, instance, image_id=image_id)


def take_up_offload(reconciler, request, instance):
    reconciler.manager.shelve.shelve_offload_instance(request, instance)


def take_up_unshelve(reconciler, request, instance):
    """Go on where it is this host's; a server that is still on its host is conductor's to start."""
    if instance.vm_state == vm_states.SHELVED_OFFLOADED:
        reconciler.manager.shelve.unshelve_instance(request, instance)


def remove_forgotten_images(host):
    """Remove the images of servers of a host that run again, which a killed service did not come to."""
    api = image_api.API()
    for instance in objects.InstanceList.get_resting(nova_context.get_admin_context(), host, vm_states.ACTIVE):
        shelved_image.forget(waiting.context_of(instance), instance, api)
