# SPDX-License-Identifier: Apache-2.0
"""The live migrations that leave this host now, and what was asked of them meanwhile (nova-compute).

Whoever wants a live migration to end early has written that as an action of its own; the message is a wake-up.  So the
records are looked at as long as the migration lasts, and each is obeyed once and closed.
Nova: _waiting_live_migrations, live_migration_force_complete and live_migration_abort of nova/compute/manager.py.
"""
import time

from oslo_log import log

from mininova import concurrency, context, exception, objects
from mininova.compute import faults, instance_actions, task_states
from mininova.notifications import instance as notifications

LOG = log.getLogger(__name__)

LOOK_INTERVAL = 5  # seconds between two looks for requests whose message was lost, and between two saves of progress

# What may be asked: event, name in notifications.
REQUESTS = {
    instance_actions.LIVE_MIGRATION_CANCEL: ('compute_live_migration_abort', 'live_migration_abort'),
    instance_actions.LIVE_MIGRATION_FORCE_COMPLETE: ('compute_live_migration_force_complete',
                                                     'live_migration_force_complete'),
}


class Job:
    """One live migration in this process's hand.

    :ivar running: the hypervisor moves the guest, so it is the one to be told
    :ivar cancelled: why it shall not go on, or None
    """

    def __init__(self, host, driver, instance):
        self.host, self.driver, self.instance = host, driver, instance
        self.migration_id = None
        self.running = False
        self.cancelled = None
        self._stopping = False
        self._looked = time.monotonic()
        self._lock = concurrency.lock()

    def is_due(self):
        """Tell, every LOOK_INTERVAL seconds, that it is time to look at the records again."""
        if time.monotonic() - self._looked < LOOK_INTERVAL:
            return False
        self._looked = time.monotonic()
        return True

    def check(self):
        """Go on only if nobody wants it to end.

        :raises MigrationCancelled: somebody does
        """
        if self.cancelled:
            raise exception.MigrationCancelled(reason=self.cancelled)

    def cancel(self, reason):
        """Call it off, whatever it is doing; to be called again, as the hypervisor may not have begun yet."""
        self.cancelled = self.cancelled or reason
        if self.running:
            try:
                self._stop()
            except exception.NovaException as error:
                LOG.info('The live migration cannot be stopped: %s', error.format_message(), instance=self.instance)

    def _stop(self):
        """Tell the hypervisor, once."""
        if not self._stopping:
            self.driver.live_migration_abort(self.instance)
            self._stopping = True

    # -- requests --

    def obey(self):
        """Do what was asked and not done yet."""
        with self._lock:
            for record in open_requests(self.instance, self.migration_id):
                if self.running or record.action == instance_actions.LIVE_MIGRATION_CANCEL:
                    self._obey(record)

    def _obey(self, record):
        request = record.request_context()
        event, name = REQUESTS[record.action]

        def notify(phase, error=None):
            notifications.notify_about_instance_action(request, self.instance, self.host, name, phase, error)
        objects.InstanceActionEvent.event_start(request, self.instance.uuid, event, self.host)
        notify('start')
        try:
            self._tell_driver(record.action)
        except Exception as error:
            LOG.exception('%s was asked for and cannot be done.', record.action, instance=self.instance)
            objects.InstanceActionEvent.event_finish(request, self.instance.uuid, event, 'Error',
                                                     faults.user_message(error), faults.details(error))
            notify('error', error)
        else:
            objects.InstanceActionEvent.event_finish(request, self.instance.uuid, event)
            notify('end')

    def _tell_driver(self, action):
        if action == instance_actions.LIVE_MIGRATION_FORCE_COMPLETE:
            self.driver.live_migration_force_complete(self.instance)
            return
        self.cancelled = self.cancelled or 'an administrator aborted it'
        if self.running:
            self._stop()


def open_requests(instance, migration_id):
    """Return what was asked of a live migration and nobody did yet, oldest first."""
    return [record for record in _requests(instance, migration_id) if record.finish_time is None][::-1]


def is_called_off(instance, migration_id):
    """Tell whether an administrator aborted it, also through a service that has died since."""
    return any(record.action == instance_actions.LIVE_MIGRATION_CANCEL and record.message != 'Error'
               for record in _requests(instance, migration_id))


def _requests(instance, migration_id):
    return [record for record in objects.InstanceActionList.get_by_instance_uuid(
        context.get_admin_context(), instance.uuid)
        if record.action in REQUESTS and (record.arguments or {}).get('migration_id') == migration_id]


def close_requests(instance, migration_id, host):
    """Close what came too late: the migration is over."""
    error = exception.MigrationError(reason='the live migration was over already')
    for record in open_requests(instance, migration_id):
        request, event = record.request_context(), REQUESTS[record.action][0]
        objects.InstanceActionEvent.event_start(request, instance.uuid, event, host)
        objects.InstanceActionEvent.event_finish(request, instance.uuid, event, 'Error', faults.user_message(error))


def take_up(reconciler, request, instance, record):
    """Remedy for what was asked when the live migration was over, and whose message was lost or found the host busy."""
    if instance.task_state != task_states.MIGRATING:
        close_requests(instance, record.arguments['migration_id'], reconciler.host)
