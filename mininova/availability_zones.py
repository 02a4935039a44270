# SPDX-License-Identifier: Apache-2.0
"""Which availability zone a host is in: what an aggregate's metadata says, else the default.

Nova: nova/availability_zones.py.
"""
import mininova.conf
from mininova import objects

CONF = mininova.conf.CONF


def get_host_zones(context):
    """Return {host: zone} of the hosts that an aggregate puts into a zone."""
    return {host: aggregate.availability_zone for aggregate in objects.AggregateList.get_all(context)
            if aggregate.availability_zone for host in aggregate.hosts}


def get_host_availability_zone(context, host):
    """Return the zone of one compute host."""
    return get_host_zones(context).get(host, CONF.default_availability_zone)


def get_instance_availability_zone(context, instance):
    """Return the zone a server is in, or asked for while it has no host."""
    return get_host_availability_zone(context, instance.host) if instance.host else instance.availability_zone
