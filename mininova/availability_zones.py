# SPDX-License-Identifier: Apache-2.0
"""Which availability zone a host is in: what an aggregate's metadata says, else the default.

Nova: nova/availability_zones.py.  Nothing is cached: all hosts' zones are one small query.
"""
import mininova.conf
from mininova import objects

CONF = mininova.conf.CONF

API_BINARIES = ('nova-osapi_compute', 'nova-metadata')


def get_host_zones(context):
    """Return {host: zone} of the hosts that an aggregate puts into a zone."""
    return objects.AggregateList.get_zones_by_host(context)


def get_host_availability_zone(context, host):
    """Return the zone of one compute host."""
    return get_host_zones(context).get(host, CONF.default_availability_zone)


def get_instance_availability_zone(context, instance):
    """Return the zone a server is in, or asked for while it has no host."""
    return get_host_availability_zone(context, instance.host) if instance.host else instance.availability_zone


def get_service_zone(service, host_zones):
    """Return the zone of a service: compute hosts have one, all else is internal.

    :param host_zones: what :func:`get_host_zones` returned
    """
    if service.topic != 'compute':
        return CONF.internal_service_availability_zone
    return host_zones.get(service.host, CONF.default_availability_zone)


def get_availability_zones(services, host_zones):
    """Return (available, not available) zones by name: those with an enabled service, and the rest."""
    available = {get_service_zone(service, host_zones) for service in services if not service.disabled}
    others = {get_service_zone(service, host_zones) for service in services if service.disabled}
    return sorted(available), sorted(others - available)
