# SPDX-License-Identifier: Apache-2.0
"""Put a server away as an image, free its host, bring it back; runs in nova-api.

Nova: shelve, shelve_offload and unshelve of nova/compute/api.py.
"""
from oslo_log import log
from oslo_utils import uuidutils

from mininova import availability_zones, exception, objects
from mininova.compute import action, create_placement, shelved_image, vm_states
from mininova.crashpoint import crashpoint
from mininova.policies import shelve as policies

LOG = log.getLogger(__name__)

# Nothing was said, where None says: any.
NOT_GIVEN = object()


class ShelveActions:
    """Part of :class:`mininova.compute.api.API`."""

    def shelve(self, context, instance):
        """Turn a server off and make an image of its disk; what follows is [DEFAULT] shelved_offload_time's matter.

        :raises InstanceIsLocked, InstanceInvalidState: (409)
        :raises Forbidden: the image service grants no room for the image (403)
        """
        image_id = uuidutils.generate_uuid()
        action.accept_action(context, instance, 'shelve', {'image_id': image_id})
        crashpoint('shelve.H1.accepted.after')
        try:
            shelved_image.announce(context, instance, image_id, self.image_api)
        except Exception as error:
            shelved_image.discard(context, instance, image_id, self.image_api)
            _take_back(context, instance, error)
            raise
        crashpoint('shelve.H2.image_announced.after')
        action.send(self.compute_rpcapi.shelve_instance, context, instance, image_id)

    @action.instance_action
    def shelve_offload(self, context, instance):
        """Remove a shelved server from its host."""
        self.compute_rpcapi.shelve_offload_instance(context, instance)

    def unshelve(self, context, instance, availability_zone=NOT_GIVEN, host=None):
        """Bring a shelved server back: where it is, or from its image on a host that the scheduler chooses.

        :param availability_zone: pin it to this zone from now on; None unpins it
        :param host: the host to choose
        :raises InstanceIsLocked, InstanceInvalidState: (409)
        :raises UnshelveInstanceInvalidState: a zone or host was given and the server is still on its host (409)
        :raises UnshelveHostNotInAZ: the server is, or is to be, pinned to another zone than the host's (409)
        :raises Invalid, ComputeHostNotFound: there is no such zone or host (400)
        :raises PolicyNotAuthorized: the caller may not choose a host (403)
        """
        action.check_action(context, instance, 'unshelve')
        rezoned = availability_zone is not NOT_GIVEN
        if (rezoned or host) and instance.vm_state != vm_states.SHELVED_OFFLOADED:
            raise exception.UnshelveInstanceInvalidState(instance_uuid=instance.uuid, state=instance.vm_state)
        arguments = {'availability_zone': availability_zone} if rezoned else {}
        if rezoned and availability_zone is not None:
            create_placement.check_zone(context, availability_zone)
        if host:
            arguments['host'] = host
            _check_host(context, instance, host, arguments)
        action.accept_action(context, instance, 'unshelve', arguments)
        crashpoint('unshelve.U1.accepted.after')
        if rezoned:
            # Conductor writes it too, should this process end here.
            spec = objects.RequestSpec.get_by_instance_uuid(context, instance.uuid)
            spec.availability_zone = availability_zone
            spec.save()
        self.compute_task_api.unshelve_instance(context, instance)


def _take_back(context, instance, error):
    """Take an acceptance back: the request is answered with the error."""
    LOG.warning('Not shelved: %s', error, instance=instance)
    task, instance.task_state = instance.task_state, None
    try:
        instance.save(expected_task_state=task, expected={'action_id': instance.action_id})
    except (exception.Conflict, exception.InstanceNotFound) as late:
        LOG.info('Somebody else has it now: %s', late.format_message(), instance=instance)
    objects.InstanceAction.action_finish(context, instance.uuid, 'Error')


def _check_host(context, instance, host, arguments):
    """Refuse a host that the caller may not choose, that does not exist, or that is in another zone than asked for."""
    context.can(policies.UNSHELVE_TO_HOST, target={'project_id': instance.project_id, 'user_id': instance.user_id})
    create_placement.check_host(context, host)
    spec = objects.RequestSpec.get_by_instance_uuid(context, instance.uuid)
    zone = arguments.get('availability_zone', spec.availability_zone)
    if zone is not None and zone != availability_zones.get_host_availability_zone(context.elevated(), host):
        raise exception.UnshelveHostNotInAZ(host=host, availability_zone=zone)
