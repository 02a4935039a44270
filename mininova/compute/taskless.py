# SPDX-License-Identifier: Apache-2.0
"""Accepted actions that set no task state, and that nobody closed: their message was lost, or the service died.

Part of the work of ``reconciler.py``; runs in nova-compute.  New here: Nova has no such record to look at.
"""
from oslo_log import log

from mininova import context, exception, objects
from mininova.compute import instance_actions
from mininova.compute.operations import crash_dump, external_events, interfaces, live_migration_jobs

LOG = log.getLogger(__name__)

# Action -> function(reconciler, request, instance, record).
REMEDIES = {
    instance_actions.TRIGGER_CRASH_DUMP: crash_dump.take_up,
    instance_actions.ATTACH_INTERFACE: interfaces.take_up_attach,
    instance_actions.DETACH_INTERFACE: interfaces.take_up_detach,
    instance_actions.EXTEND_VOLUME: external_events.take_up,
    instance_actions.START: external_events.take_up,
    instance_actions.STOP: external_events.take_up,
    instance_actions.LIVE_MIGRATION_CANCEL: live_migration_jobs.take_up,
    instance_actions.LIVE_MIGRATION_FORCE_COMPLETE: live_migration_jobs.take_up,
}


def settle(reconciler, quiet_for):
    """Take up the open actions of this host's servers.

    :param quiet_for: only those that nobody wrote for so many seconds
    """
    admin = context.get_admin_context()
    interfaces.take_up_changes(reconciler, admin, quiet_for)
    external_events.take_up_put_off(reconciler)
    for record in objects.InstanceActionList.get_open_by_host(admin, reconciler.host, list(REMEDIES), quiet_for):
        if reconciler.parts.is_busy_with(record.instance_uuid) or _has_a_task(record):
            continue
        try:
            instance = objects.Instance.get_by_uuid(admin, record.instance_uuid)
            LOG.info('Taking up abandoned action %s.', record.action, instance=instance)
            REMEDIES[record.action](reconciler, reconciler.as_accepted(instance, record), instance, record)
        except exception.InstanceNotFound:
            continue
        except Exception:
            LOG.exception('Could not end action %s of server %s; trying again later.', record.action,
                          record.instance_uuid)


def _has_a_task(record):
    """Tell whether an open action goes with a task state: a start or stop that was asked for by a user."""
    return record.action in (instance_actions.START, instance_actions.STOP) and not external_events.is_ours(record)
