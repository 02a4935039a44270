# SPDX-License-Identifier: Apache-2.0
"""Is a service up?  Nova: nova/servicegroup/api.py with its database driver.

The age of the last heartbeat is measured on the database's clock (``Service.age``), so that a wrong clock on a host, or
here, declares nobody dead.
"""
import mininova.conf
from mininova import exception, objects

CONF = mininova.conf.CONF


def service_is_up(service):
    """Tell whether a service beat within [DEFAULT] service_down_time and was not forced down.

    :param service: a Service as read just now
    """
    return not service.forced_down and service.age is not None and service.age <= CONF.service_down_time


def host_is_up(context, host):
    """Tell whether the nova-compute of a host is up; one that has no record is not."""
    try:
        return service_is_up(objects.Service.get_by_compute_host(context.elevated(), host))
    except exception.ComputeHostNotFound:
        return False


def answer_timeout():
    """Return the seconds that one heartbeat waits for an answer: several tries fit into service_down_time.

    The conductor that took it may have died; a host must not count as down for that.
    """
    return max(1, CONF.service_down_time / 6)


def get_updated_time(service):
    """Return when a service was last heard of or changed, or None; UTC."""
    return max((moment for moment in (service.last_seen_up, service.updated_at) if moment), default=None)
