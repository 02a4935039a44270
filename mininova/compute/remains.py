# SPDX-License-Identifier: Apache-2.0
"""Everything that a server may have on any host: asked when it is deleted, and before a guest is removed as a stray.

A server that moves, or whose move failed, may have disks, a guest or cards on the other host of its migration record.
Runs in nova-compute and nova-conductor.  New here: Nova deletes on ``instance.host`` only, and leaves the rest to the
next start of the other host's service.
"""
from oslo_log import log

from mininova import objects, rpc, servicegroup
from mininova.compute import task_states

LOG = log.getLogger(__name__)

# Moves whose both ends are known to be tidy; those that failed may have left something, or are under way.
TIDY = frozenset({'confirmed', 'reverted', 'completed', 'cancelled'})
# Moves that are over; what such a move left is nobody's any more.
OVER = TIDY | {'error', 'failed', 'done'}


def hosts_of_moves(context, instance, statuses_left_out=TIDY):
    """Return the hosts at both ends of a server's moves.

    :param statuses_left_out: migration records in these do not count
    """
    records = objects.MigrationList.get_by_filters(context.elevated(), {'instance_uuid': instance.uuid})
    return {host for record in records if record.status not in statuses_left_out
            for host in (record.source_compute, record.dest_compute) if host}


def may_be_on(context, instance, host):
    """Tell whether a host has, or is about to have, a rightful part of a server: it is there, or it moves there."""
    return instance.host == host or host in hosts_of_moves(context, instance, OVER)


def is_going(instance):
    """Tell whether all that a server has may be removed: it is deleted, or its deletion was accepted."""
    return instance.deleted or instance.task_state == task_states.DELETING


def remove_elsewhere(context, instance, own_host, compute_rpcapi):
    """Have the other hosts of a server's moves remove what they have of it, and wait for them.

    A host that is down or does not answer finds the deleted record when it is back, and removes the rest as a stray.
    """
    for host in sorted(hosts_of_moves(context, instance) - {own_host}):
        if not servicegroup.host_is_up(context, host):
            LOG.info('Host %s is down; what it has of the server is removed when it is back.', host, instance=instance)
            continue
        try:
            compute_rpcapi.remove_remains(context, host, instance)
        except (rpc.MessagingTimeout, rpc.MessagingException) as error:
            LOG.warning('Host %s did not answer (%s); what it has of the server is removed later.', host, error,
                        instance=instance)
