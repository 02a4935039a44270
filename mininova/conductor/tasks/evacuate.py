# SPDX-License-Identifier: Apache-2.0
"""An evacuation as conductor drives it: a host with room for a server whose own host is down.

::

    accepted --conductor--> pre-migrating --new host--> done --old host, when it is back--> completed

While the task is rebuilding the server's row still names the old host; the record names the new one, and only the host
that it names may write the server.  What a host could not do, or did not finish before it went down itself, is done by
the next one.  Nova: rebuild_instance of nova/conductor/manager.py, which tries one host.
"""
from oslo_log import log

import mininova.conf
from mininova import exception, objects, rpc, servicegroup
from mininova.compute import faults, moves, sealing, task_states, vm_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.conductor.tasks import destinations
from mininova.crashpoint import crashpoint
from mininova.network import api as network_api
from mininova.notifications import instance as notifications
from mininova.objects import migration as migrations

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

EVENT = 'conductor_evacuate_instance'
TASKS = (task_states.REBUILDING, task_states.REBUILD_BLOCK_DEVICE_MAPPING, task_states.REBUILD_SPAWNING)
OVERTAKEN = (exception.Conflict, exception.InstanceNotFound, exception.MigrationNotFound)


class EvacuateTask:
    """Evacuations of this conductor process."""

    def __init__(self, worker):
        self.worker = worker
        self.destinations = destinations.Destinations()
        self.compute_rpcapi = compute_rpcapi.ComputeAPI()
        self.network_api = network_api.API()

    def execute(self, context, instance):
        """Bring an evacuation to the host that builds; a repeat sends the message again, which a busy host drops."""
        admin = context.elevated()
        found = destinations.load(admin, instance, TASKS, migrations.EVACUATION, migrations.EVACUATION_IN_PROGRESS)
        if found is None:
            return
        with self.worker.taking(found[:1]) as taken:
            if taken:
                self._drive(admin, *found)

    def _drive(self, context, instance, record, arguments):
        try:
            if record.status == 'pre-migrating' and not servicegroup.host_is_up(context, record.dest_compute):
                self._reopen(context, record)
            if record.status == 'accepted':
                self._find_destination(context, instance, record, arguments)
            self._hand_over(context, instance, record, arguments)
        except rpc.MessagingException as error:
            LOG.warning('No scheduler answered (%s); the evacuation is tried again.', error, instance=instance)
        except OVERTAKEN as error:
            LOG.info('Not evacuating: %s', error.format_message(), instance=instance)
        except exception.NovaException as error:
            self._fail(context, instance, record, error)

    @staticmethod
    def _reopen(context, record):
        if not moves.reopen(context, record, 'the host went down before it was done', 'pre-migrating'):
            raise exception.MigrationNotFoundByStatus(instance_id=record.instance_uuid, status='pre-migrating')

    def _find_destination(self, context, instance, record, arguments):
        attempts = (record.data or {}).get('attempts') or []
        if attempts and (arguments.get('host') or attempts[-1].get('final')) or (
                len(attempts) >= CONF.scheduler.max_attempts):
            raise exception.MaxRetriesExceeded(reason=moves.tell_attempts(record))
        crashpoint('evacuate.E2.claimed.before')
        self.destinations.choose(context, instance, record, arguments)
        crashpoint('evacuate.E2.claimed.after')
        record.status = 'pre-migrating'
        if not record.save(expected_status='accepted'):
            raise exception.MigrationNotFoundByStatus(instance_id=instance.uuid, status='accepted')
        crashpoint('evacuate.E2.recorded.after')

    def _hand_over(self, context, instance, record, arguments):
        instance.owner = None
        instance.save(expected_task_state=TASKS, expected={'action_id': instance.action_id,
                                                           'host': record.source_compute})
        password = sealing.unseal(arguments['sealed'])[0] if arguments.get('sealed') else None
        LOG.info('Evacuated from %s to %s.', record.source_compute, record.dest_compute, instance=instance)
        crashpoint('evacuate.E2.cast.before')
        self.compute_rpcapi.evacuate_instance(context, record.dest_compute, instance, record, password)
        crashpoint('evacuate.E2.cast.after')

    def _fail(self, context, instance, record, error):
        """Leave the server on its old host, in ERROR with the reason: an evacuation may be asked for again."""
        LOG.warning('Not evacuated: %s', error.format_message(), instance=instance)
        self.network_api.give_instance_to_host(context, instance, record.source_compute)
        instance.vm_state, task, instance.task_state = vm_states.ERROR, instance.task_state, None
        instance.owner = None
        objects.InstanceActionEvent.event_start(context, instance.uuid, EVENT, CONF.host)
        try:
            instance.finish_operation(
                EVENT, expected={'task_state': task, 'action_id': instance.action_id, 'host': record.source_compute},
                result='Error', details=faults.user_message(error), traceback=faults.details(error),
                fault=faults.describe(error, host=None), release=moves.claims_elsewhere(context, record),
                migration=moves.change(record, 'error', migrations.EVACUATION_IN_PROGRESS))
        except OVERTAKEN as late:
            LOG.info('The state was not written: %s', late.format_message(), instance=instance)
            return
        notifications.notify_about_refusal(context, instance, 'rebuild', error)


def remedy(reconciler, request, instance, host_up):
    """Take up an evacuation that no host is known to work on (conductor's reconciler)."""
    reconciler.compute_task.evacuations.execute(request, instance)
