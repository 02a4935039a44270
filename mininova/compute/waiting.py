# SPDX-License-Identifier: Apache-2.0
"""Servers that wait for their time: deleted ones to be reclaimed (nova-compute for its own, nova-conductor for those on
no host).

Nova: _reclaim_queued_deletes of nova/compute/manager.py, which deletes without a record of who asked for it.
"""
from oslo_log import log
from oslo_utils import timeutils

import mininova.conf
from mininova import context as nova_context
from mininova import exception, objects
from mininova.compute import action, vm_states

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

LONGEST_SPACING = 60  # seconds


def spacing():
    """Return the seconds between two looks for deleted servers to reclaim."""
    wanted = CONF.reclaim_instance_interval
    return min(wanted, LONGEST_SPACING) if wanted > 0 else LONGEST_SPACING


def context_of(instance):
    """Return a context in which a service acts for the owner of a server."""
    return nova_context.RequestContext(user_id=instance.user_id, project_id=instance.project_id, is_admin=True,
                                       overwrite=False)


def accept_reclaims(host):
    """Yield servers of a host (None: on no host) whose deletion was deferred long enough, now accepted for good."""
    interval = CONF.reclaim_instance_interval
    if interval <= 0:
        return
    admin = nova_context.get_admin_context()
    for instance in objects.InstanceList.get_resting(admin, host, vm_states.SOFT_DELETED):
        if not instance.deleted_at or not timeutils.is_older_than(instance.deleted_at, interval):
            continue
        instance._context = context_of(instance)
        try:
            action.accept_action(instance._context, instance, 'delete', by_service=True, expected={
                'vm_state': vm_states.SOFT_DELETED, 'task_state': None, 'host': host, 'action_id': instance.action_id})
        except (exception.Conflict, exception.InstanceNotFound) as error:
            LOG.info('Not reclaimed: %s', error.format_message(), instance=instance)
            continue
        LOG.info('Reclaiming; it was deleted at %s.', instance.deleted_at, instance=instance)
        yield instance
