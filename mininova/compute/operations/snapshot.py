# SPDX-License-Identifier: Apache-2.0
"""Images of this host's guests: snapshots and backups.  Nova: snapshot_instance, backup_instance of
nova/compute/manager.py.

The record of the image was made when the action was accepted. A snapshot that fails, or that somebody deleted the
server under, takes the record away; one that was killed half-way is not begun again, as it would be of a later moment.
"""
from oslo_log import log

import mininova.conf
from mininova import concurrency, exception, objects
from mininova.compute import server_images, task_states
from mininova.compute.operations import base
from mininova.crashpoint import crashpoint
from mininova.image import api as image_api
from mininova.notifications import instance as notifications

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

SNAPSHOT_EVENT, BACKUP_EVENT = 'compute_snapshot_instance', 'compute_backup_instance'
NO_LIMIT = 1000


def _notes(arguments):
    """Return what notifications say besides."""
    return {'snapshot_image_id': arguments['image_id']}


class SnapshotOperations(base.Operations):
    """Snapshots and backups (RPC endpoint); at most [DEFAULT] max_concurrent_snapshots at a time."""

    def __init__(self, host):
        super().__init__(host)
        self.image_api = image_api.API()
        self._room = concurrency.Pool(CONF.max_concurrent_snapshots or NO_LIMIT)
        self._waiting = set()

    def snapshot_instance(self, context, instance, image_id):
        """Give the image of a createImage its bytes."""
        concurrency.spawn(self._queue, self._snapshot, SNAPSHOT_EVENT, context, instance, image_id=image_id)

    def backup_instance(self, context, instance, image_id, backup_type, rotation):
        """Give the image of a createBackup its bytes and remove the oldest ones."""
        concurrency.spawn(self._queue, self._backup, BACKUP_EVENT, context, instance, image_id=image_id,
                          backup_type=backup_type, rotation=rotation)

    def _queue(self, method, event, context, instance, **kwargs):
        """Wait for room.  Meanwhile the server is free for others, and the reconciler may ask again."""
        key = instance.uuid, instance.action_id
        if key in self._waiting:
            return
        self._waiting.add(key)
        context.update_store()
        try:
            self._room.spawn(method, context, instance, **kwargs).wait()
        except Exception:
            LOG.exception('The snapshot broke off; the reconciler takes it up.', instance=instance)
        finally:
            self._waiting.discard(key)

    @base.instance_operation(notification='snapshot', accepts=task_states.IMAGE_SNAPSHOT_PENDING,
                             event=SNAPSHOT_EVENT, notes=_notes)
    def _snapshot(self, context, instance, image_id):
        self._advance(instance, task_states.IMAGE_SNAPSHOT, task_states.IMAGE_SNAPSHOT_PENDING)
        crashpoint('snapshot.S3.begun.after')
        self._make_image(context, instance, image_id)
        crashpoint('snapshot.S6.settled.before')
        self.settle(instance, instance.vm_state, SNAPSHOT_EVENT)

    @base.instance_operation(notification='snapshot', accepts=task_states.IMAGE_BACKUP, event=BACKUP_EVENT,
                             notes=_notes)
    def _backup(self, context, instance, image_id, backup_type, rotation):
        self._make_image(context, instance, image_id)
        crashpoint('backup.S6.rotated.before')
        server_images.rotate_backups(context, self.image_api, instance, backup_type, rotation)
        crashpoint('backup.S6.rotated.after')
        self.settle(instance, instance.vm_state, BACKUP_EVENT)

    def _make_image(self, context, instance, image_id):
        """Have the driver copy and upload the guest's disk, or take the image's record away."""
        def update_task_state(task_state, expected_state=None):
            self._advance(instance, task_state, instance.task_state if expected_state is None else expected_state)
            crashpoint('snapshot.S4.phase_written.after')
        try:
            self.driver.snapshot(context, instance, image_id, update_task_state)
        except Exception:
            with exception.excutils.save_and_reraise_exception():
                self._discard(context, instance, image_id)

    def _advance(self, instance, task_state, expected):
        instance.task_state = task_state
        instance.save(expected_task_state=expected, expected={'action_id': instance.action_id, 'host': self.host.name})

    def _discard(self, context, instance, image_id):
        """Remove what is left of a snapshot, here and in the image service.

        :returns: whether the image is complete all the same
        """
        try:
            self.driver.discard_snapshot(context, instance)
        except Exception:
            LOG.exception('What the snapshot left could not be removed.', instance=instance)
        try:
            return server_images.discard_unfinished(context, self.image_api, image_id)
        except exception.NovaException as error:
            LOG.warning('The unfinished image %s could not be removed: %s', image_id, error, instance=instance)
            return False

    # -- what a killed service left (see REMEDIES in compute/reconciler.py) -------------------

    def _begin_again(self, context, instance, arguments):
        """The message was lost: begin, if the image was made; else the request was never answered."""
        try:
            self.image_api.get(context, arguments['image_id'])
        except exception.ImageNotFound:
            self._end_broken(context, instance, arguments)
            return
        if 'rotation' in arguments:
            self.backup_instance(context, instance, arguments['image_id'], arguments['backup_type'],
                                 arguments['rotation'])
        else:
            self.snapshot_instance(context, instance, arguments['image_id'])

    def _end_broken(self, context, instance, arguments):
        """End a snapshot that was killed: with success if the image is complete, else without an image."""
        image_id = arguments['image_id']
        event = BACKUP_EVENT if 'rotation' in arguments else SNAPSHOT_EVENT
        with self.host.busy_with(instance.uuid):
            self.driver.discard_snapshot(context, instance)
            complete = server_images.discard_unfinished(context, self.image_api, image_id)
            if complete and 'rotation' in arguments:
                server_images.rotate_backups(context, self.image_api, instance, arguments['backup_type'],
                                             arguments['rotation'])
            task, instance.task_state = instance.task_state, None
            instance.power_state = self.power_state(instance)
            result = {} if complete else {'result': 'Error', 'details': 'The service was interrupted: no image.'}
            instance.finish_operation(event, expected={'task_state': task, 'action_id': instance.action_id,
                                                       'host': self.host.name}, **result)
        LOG.info('The interrupted snapshot ended %s.', 'with its image' if complete else 'without an image',
                 instance=instance)
        error = None if complete else exception.NovaException('The snapshot was interrupted.')
        notifications.notify_about_instance_action(context, instance, self.host.name, 'snapshot',
                                                   'end' if complete else 'error', error, more=_notes(arguments))


def _arguments(request, instance):
    record = objects.InstanceAction.get_current(request, instance.uuid, instance.action_id)
    return record.arguments if record is not None else None


def take_up_pending(reconciler, request, instance):
    """Remedy: nobody has begun."""
    arguments = _arguments(request, instance)
    if arguments is None:
        reconciler.clear_task(request, instance)
    else:
        reconciler.manager.snapshot._begin_again(request, instance, arguments)


def take_up_begun(reconciler, request, instance):
    """Remedy: it was under way when the service died."""
    arguments = _arguments(request, instance)
    if arguments is None:
        reconciler.clear_task(request, instance)
    else:
        reconciler.manager.snapshot._end_broken(request, instance, arguments)
