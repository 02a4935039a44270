# SPDX-License-Identifier: Apache-2.0
"""Servers that wait for their time: deleted ones to be reclaimed, shelved ones to leave their host.

Runs in nova-compute, for its own, and in nova-conductor for those on no host.  Nova: _reclaim_queued_deletes and
_poll_shelved_instances of nova/compute/manager.py, which leave no record of what they began.
"""
from oslo_log import log
from oslo_utils import timeutils

import mininova.conf
from mininova import context as nova_context
from mininova import exception, objects
from mininova.compute import action, shelved_image, vm_states

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
    if interval > 0:
        yield from _accept(host, vm_states.SOFT_DELETED, 'delete', interval, lambda instance: instance.deleted_at)


def accept_offloads(host):
    """Yield servers of a host that were shelved long enough ago to leave it, now accepted to do so."""
    interval = CONF.shelved_offload_time
    if interval > 0:
        yield from _accept(host, vm_states.SHELVED, 'shelve_offload', interval, _shelved_at)


def _shelved_at(instance):
    text = instance.system_metadata.get(shelved_image.AT)
    return timeutils.parse_isotime(text) if text else None


def _accept(host, vm_state, name, seconds, since):
    admin = nova_context.get_admin_context()
    for instance in objects.InstanceList.get_resting(admin, host, vm_state):
        moment = since(instance)
        if moment is None or not timeutils.is_older_than(moment, seconds):
            continue
        instance._context = context_of(instance)
        try:
            action.accept_action(instance._context, instance, name, by_service=True, expected={
                'vm_state': vm_state, 'task_state': None, 'host': host, 'action_id': instance.action_id})
        except (exception.Conflict, exception.InstanceNotFound) as error:
            LOG.info('%s waits: %s', name, error.format_message(), instance=instance)
            continue
        LOG.info('%s, since it is %s since %s.', name, vm_state, moment, instance=instance)
        yield instance
