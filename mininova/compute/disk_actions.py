# SPDX-License-Identifier: Apache-2.0
"""Images of servers, rescue and its end; runs in nova-api.  Nova: snapshot, backup, rescue of nova/compute/api.py.

Rebuild is in rebuild_actions.py.
"""
from oslo_log import log
from oslo_utils import uuidutils

from mininova import exception, objects
from mininova.compute import action, create_image, rebuild_actions, sealing, server_images
from mininova.crashpoint import crashpoint

LOG = log.getLogger(__name__)


class DiskActions(rebuild_actions.RebuildActions):
    """Part of :class:`mininova.compute.api.API`."""

    def snapshot(self, context, instance, name, properties=None):
        """Make an image of a server's disk and return it; the bytes come later.

        :param properties: {name: text} that the caller wants to have noted with the image
        :raises InstanceInvalidState: (409)
        """
        arguments = {'image_id': uuidutils.generate_uuid()}
        return self._make_image(context, instance, 'snapshot', name, server_images.SNAPSHOT, properties, arguments,
                                self.compute_rpcapi.snapshot_instance)

    def backup(self, context, instance, name, backup_type, rotation, properties=None):
        """Make an image of a server's disk and return it; the oldest of its kind go.

        :param backup_type: the kind, e.g. 'daily'
        :param rotation: how many of the kind to keep, 0 for none
        :raises InstanceInvalidState: (409)
        """
        arguments = {'image_id': uuidutils.generate_uuid(), 'backup_type': backup_type, 'rotation': rotation}
        return self._make_image(context, instance, 'backup', name, server_images.BACKUP,
                                {**(properties or {}), 'backup_type': backup_type}, arguments,
                                self.compute_rpcapi.backup_instance)

    def _make_image(self, context, instance, rule, name, image_type, properties, arguments, method):
        """Accept the action, make the record of the image and wake the host up.

        The id is in the intent before there is an image: whoever finds the action broken off knows what to remove.
        """
        crashpoint('snapshot.S1.accepted.before')
        action.accept_action(context, instance, rule, arguments)
        crashpoint('snapshot.S1.accepted.after')
        try:
            image = server_images.create(context, self.image_api, instance, name, image_type, properties,
                                         arguments['image_id'])
        except Exception:
            _give_up(instance, rule)
            raise
        crashpoint('snapshot.S2.image_made.after')
        if not _still_ours(instance):
            server_images.discard_unfinished(context, self.image_api, image['id'])
            objects.InstanceAction.action_finish(context, instance.uuid, message='Error')
            raise exception.InstanceInvalidState(attr='task_state', instance_uuid=instance.uuid,
                                                 state=instance.task_state, method=rule)
        action.send(method, context, instance, **arguments)
        return image

    def rescue(self, context, instance, password, image_id=None):
        """Boot a server from another image, with its own disk beside it.

        :param image_id: what it boots from; None takes the host's rescue image, or else the server's own
        :raises UnsupportedRescueImage: it cannot be used (400)
        :raises InstanceInvalidState, InstanceIsLocked: (409)
        """
        action.check_action(context, instance, 'rescue')
        if image_id is not None:
            self._check_rescue_image(context, image_id)
        if not instance.image_ref:
            raise exception.InstanceNotRescuable(instance_id=instance.uuid,
                                                 reason='Cannot rescue a volume-backed instance')
        action.accept_action(context, instance, 'rescue', {
            'image_id': image_id, 'sealed': sealing.seal(password, [])})
        crashpoint('rescue.U1.accepted.after')
        action.send(self.compute_rpcapi.rescue_instance, context, instance, password=password, image_id=image_id)

    def _check_rescue_image(self, context, image_id):
        try:
            create_image.get(context, self.image_api, image_id)
        except (exception.ImageNotFound, exception.ImageNotActive, exception.InvalidImageRef) as error:
            raise exception.UnsupportedRescueImage(image=image_id) from error

    @action.instance_action
    def unrescue(self, context, instance):
        """Boot a rescued server from its own disk again."""
        self.compute_rpcapi.unrescue_instance(context, instance)


def _give_up(instance, rule):
    """Take back an accepted action that could not begin."""
    task, instance.task_state = instance.task_state, None
    try:
        instance.finish_operation(f'compute_{rule}_instance', result='Error',
                                  expected={'task_state': task, 'action_id': instance.action_id})
    except (exception.Conflict, exception.InstanceNotFound) as late:
        LOG.info('The state was not written: %s', late.format_message(), instance=instance)


def _still_ours(instance):
    """Tell whether nobody took the action away while the image service was slow."""
    task, action_id = instance.task_state, instance.action_id
    try:
        instance.refresh()
    except exception.InstanceNotFound:
        return False
    return (instance.task_state, instance.action_id) == (task, action_id)
