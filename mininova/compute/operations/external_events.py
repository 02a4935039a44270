# SPDX-License-Identifier: Apache-2.0
"""What other services did for servers of this host; runs on the compute host.

Nova: external_instance_event, extend_volume and power_update of nova/compute/manager.py.

Whoever waits for an event is woken at once.  What has to be done about the others is done when nothing else is done to
the server, and is in the database meanwhile: an extended volume and a power state as actions, a deleted card by its
mark (mininova/db/interfaces.py).  A changed network is no loss: the network's records are compared periodically too.
"""
import json

from oslo_log import log
from oslo_utils import units

from mininova import exception, objects
from mininova.compute import faults, instance_actions, power_state, vm_states
from mininova.compute.operations import base, interfaces
from mininova.objects import external_event
from mininova.volume import api as volume_api

LOG = log.getLogger(__name__)

# Where a server must stand for a power state to be news.
POWER_CHANGES = {external_event.POWER_ON: (vm_states.STOPPED, power_state.SHUTDOWN),
                 external_event.POWER_OFF: (vm_states.ACTIVE, power_state.RUNNING)}


class ExternalEventOperations(base.Operations):
    """Hear of events (RPC endpoint).

    :param interface_operations: those of the same host
    :param instance_events: :class:`mininova.compute.instance_events.InstanceEvents`
    """

    def __init__(self, host, interface_operations, instance_events):
        super().__init__(host)
        self.interfaces, self.instance_events = interface_operations, instance_events
        self.volume_api = volume_api.API()
        self.put_off = {}

    def external_instance_event(self, context, instances, events):
        """Act on events, each for itself; a failure of one is logged and the next is looked at.

        :param instances: [objects.Instance] that are meant
        :param events: [objects.InstanceExternalEvent]
        """
        by_uuid = {instance.uuid: instance for instance in instances}
        # Somebody who waits for one may hold the server that the others need.
        for event in sorted(events, key=lambda event: event.name in HANDLERS):
            self._hear(context, by_uuid[event.instance_uuid], event)

    def _hear(self, context, instance, event):
        LOG.debug('Event %s came.', event.key, instance=instance)
        handler = HANDLERS.get(event.name)
        if handler is None:
            self._wake(instance, event)
            return
        if not self._deal_with(handler, context, instance, event):
            LOG.debug('Event %s is dealt with later.', event.key, instance=instance)
            self.put_off[instance.uuid, event.key] = (context, instance, event)

    def _deal_with(self, handler, context, instance, event):
        """Tell whether nothing is left to do; False if another action has to end first."""
        try:
            return not self.host.is_busy_with(instance.uuid) and handler(self, context, instance, event)
        except (exception.NotFound, exception.UnexpectedDeletingTaskStateError) as error:
            LOG.info('Nothing is done about event %s: %s', event.key, error.format_message(), instance=instance)
        except (exception.UnexpectedTaskStateError, exception.StaleAction):
            return False
        except Exception:
            LOG.exception('Event %s could not be dealt with.', event.key, instance=instance)
        return True

    def _wake(self, instance, event):
        waiter = self.instance_events.pop_instance_event(instance, event)
        if waiter is None:
            LOG.debug('Nobody waits for event %s (%s, %s).', event.key, instance.vm_state, instance.task_state,
                      instance=instance)
        else:
            waiter.set(event)

    # -- one per kind of event; each tells whether nothing is left to do ---------------------

    def _network_changed(self, context, instance, event):
        return interfaces.refresh_record(self.host, context, instance) is not None

    def _card_deleted(self, context, instance, event):
        return interfaces.detach_deleted(self.interfaces, context, instance, event.tag)

    def _volume_extended(self, context, instance, event):
        return self._act(context, instance, event.action_id, 'compute_extend_volume', self._extend_volume, event.tag)

    def _power_changed(self, context, instance, event):
        return self._act(context, instance, event.action_id, 'compute_power_update', self._update_power, event.tag)

    def _act(self, context, instance, action_id, event, body, tag, anew=False):
        """Do what an action record asks for and close it.

        :param anew: it was begun, by a service that was killed then; each body may be repeated
        """
        with self.host.busy_with(instance.uuid):
            if not anew and not objects.InstanceActionEvent.open_first(context, instance.uuid, action_id, event,
                                                                       self.host.name):
                LOG.info('%s is late, a repeat, or of another host.', event, instance=instance)
                return True
            instance.refresh()
            error = None
            try:
                body(context, instance, tag)
            except Exception as failure:
                LOG.warning('%s failed: %s', event, failure, instance=instance)
                error = failure
            objects.InstanceActionEvent.close(context, instance.uuid, action_id, event, **_outcome(error, self.host))
            return True

    def _extend_volume(self, context, instance, volume_id):
        devices = objects.BlockDeviceMappingList.get_by_instance_uuid(context, instance.uuid)
        device = next((device for device in devices if device.volume_id == volume_id), None)
        if device is None or not device.connection_info:
            LOG.warning('Volume %s, which was extended, is not connected to the server.', volume_id, instance=instance)
            return
        device.volume_size = self.volume_api.get(context, volume_id)['size']
        device.save()
        self.driver.extend_volume(context, json.loads(device.connection_info), instance,
                                  device.volume_size * units.Gi)

    def _update_power(self, context, instance, wanted):
        if (instance.vm_state, instance.power_state) != POWER_CHANGES[wanted] or instance.task_state is not None:
            LOG.info('%s is no news of a server that is %s, %s, %s.', wanted, instance.vm_state, instance.task_state,
                     power_state.STATE_MAP.get(instance.power_state), instance=instance)
            return
        self.driver.power_update_event(instance, wanted)


HANDLERS = {
    'network-changed': ExternalEventOperations._network_changed,
    'network-vif-deleted': ExternalEventOperations._card_deleted,
    'volume-extended': ExternalEventOperations._volume_extended,
    'power-update': ExternalEventOperations._power_changed,
}


def _outcome(error, host):
    if error is None:
        return {'result': 'Success'}
    return {'result': 'Error', 'details': faults.user_message(error), 'traceback': faults.details(error),
            'fault': faults.describe(error, host.name)}


# -- what was left ---------------------------------------------------------------------------


def take_up_put_off(reconciler):
    """Look again at events that came while something else was done to their servers."""
    operations = reconciler.manager.external_events
    for key in list(operations.put_off):
        context, instance, event = operations.put_off.pop(key)
        operations._hear(context, instance, event)


def take_up(reconciler, request, instance, record):
    """Remedy for an action record that nobody closed: it is done, again if it was begun."""
    operations, arguments = reconciler.manager.external_events, record.arguments
    if record.action == instance_actions.EXTEND_VOLUME:
        event, body, tag = 'compute_extend_volume', operations._extend_volume, arguments['volume_id']
    else:
        event, body, tag = 'compute_power_update', operations._update_power, arguments['target_power_state']
    operations._act(request, instance, record.action_id, event, body, tag, anew=bool(record.events))


def is_ours(record):
    """Tell whether an open start or stop came as an event: all others have a task, and remedies of their own."""
    return 'target_power_state' in (record.arguments or {})
