# SPDX-License-Identifier: Apache-2.0
"""Events of other services on their way to the hosts of servers; runs in nova-api.

Nova: external_instance_event of nova/compute/api.py.
"""
import collections

from oslo_log import log
from oslo_utils import uuidutils

from mininova import objects
from mininova.compute import action, instance_actions
from mininova.objects import external_event

LOG = log.getLogger(__name__)

POWER_ACTIONS = {external_event.POWER_ON: instance_actions.START, external_event.POWER_OFF: instance_actions.STOP}


class ExternalEvents:
    """Part of :class:`mininova.compute.api.API`."""

    def external_instance_event(self, context, instances, events):
        """Tell the hosts of servers what other services did for them, one message a host.

        What has to be done about an event is in the database before; who waits for one on a host that hears nothing
        goes on after its time.

        :param instances: {uuid: objects.Instance}, all with a host
        :param events: [objects.InstanceExternalEvent]
        """
        events = [event for event in events if _is_sound(event)]
        _record(context, events)
        hosts = _relevant_hosts(context, instances, {event.instance_uuid for event in events})
        by_host = collections.defaultdict(list)
        for event in events:
            for host in hosts[event.instance_uuid]:
                by_host[host].append(event)
        for host, its_events in by_host.items():
            concerned = dict.fromkeys(event.instance_uuid for event in its_events)
            action.send(self.compute_rpcapi.external_instance_event, context, host=host,
                        instances=[instances[uuid] for uuid in concerned], events=its_events)


def _is_sound(event):
    if event.name != 'power-update' or event.tag in POWER_ACTIONS:
        return True
    LOG.warning('Power state %s is unknown; event %s of server %s is skipped.', event.tag, event.name,
                event.instance_uuid)
    return False


def _record(context, events):
    """Write what is to be done; the events get the ids of their actions."""
    records, deleted_cards = [], []
    for event in events:
        if event.name == 'volume-extended':
            records.append(_action(context, event, instance_actions.EXTEND_VOLUME, {'volume_id': event.tag}))
        elif event.name == 'power-update':
            records.append(_action(context, event, POWER_ACTIONS[event.tag], {'target_power_state': event.tag}))
        elif event.name == 'network-vif-deleted' and event.tag:
            deleted_cards.append((event.instance_uuid, event.tag))
    if records or deleted_cards:
        objects.InstanceExternalEvent.accept(context, records, deleted_cards)


def _action(context, event, name, arguments):
    event.action_id = uuidutils.generate_uuid()
    return objects.InstanceAction.pack_start(context, event.instance_uuid, name, event.action_id, arguments)


def _relevant_hosts(context, instances, uuids):
    """Return {uuid: hosts} where somebody may wait: a server that moves is awaited at both ends."""
    hosts = {uuid: {instances[uuid].host: None} for uuid in uuids}
    for migration in objects.MigrationList.get_by_filters(context, {'instance_uuid': list(uuids), 'in_progress': True}):
        for host in filter(None, (migration.source_compute, migration.dest_compute)):
            hosts[migration.instance_uuid][host] = None
    return hosts
