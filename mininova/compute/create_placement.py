# SPDX-License-Identifier: Apache-2.0
"""Where a create request wants its servers: zone, host, hints (nova-api).

Nova: parse_availability_zone, _validate_requested_host and _validate_scheduler_hints of nova/compute/api.py and
nova/api/openstack/compute/servers.py.
"""
import json

import mininova.conf
from mininova import availability_zones, exception, objects

CONF = mininova.conf.CONF

# A hint is compared with every host: this many ids bound the work (CVE-2012-3371).
MAX_HINT_VALUES = 64
MAX_HINT_LENGTH = 255


def parse_availability_zone(text):
    """Take 'zone', 'zone:host', 'zone:host:node' or 'zone::node' apart.

    :returns: (zone, host, node); what was not said is None
    :raises InvalidInput: more than two colons, or nothing at all between them (400)
    """
    if text is None or ':' not in text:
        return text, None, None
    parts = text.split(':')
    if len(parts) > 3:
        raise exception.InvalidInput(reason='Unable to parse availability_zone')
    zone, host, node = (*parts, '')[:3]
    return zone or None, host or None, node or None


def check_zone(context, zone):
    """Refuse a zone that no enabled compute host is in.

    :raises Invalid: (400)
    """
    if zone is None:
        return
    admin = context.elevated()
    zones = availability_zones.get_host_zones(admin)
    services = objects.ServiceList.get_all(admin, binary='nova-compute', disabled=False)
    if zone not in {zones.get(service.host, CONF.default_availability_zone) for service in services}:
        raise exception.Invalid('The requested availability zone is not available')


def check_host(context, host, node=None):
    """Refuse a host or hypervisor that does not exist.

    :raises ComputeHostNotFound: (400, the body names it)
    """
    admin = context.elevated()
    nodes = objects.ComputeNodeList.get_all(admin, host=host)
    if not any(node in (None, found.hypervisor_hostname) for found in nodes):
        raise exception.ComputeHostNotFound(host=host or node, code=400)


def normalize_hints(hints):
    """Return hints as {name: list of texts}, as they are stored and compared.

    :raises InvalidInput: more or longer values than anybody needs (400)
    """
    found = {name: [_text(value) for value in (values if isinstance(values, list) else [values])]
             for name, values in hints.items()}
    number = sum(max(1, len(values)) for values in found.values())
    if number > MAX_HINT_VALUES:
        raise exception.InvalidInput(reason=f'{number} scheduler hints were given; {MAX_HINT_VALUES} is the most')
    if any(len(text) > MAX_HINT_LENGTH for name, values in found.items() for text in (name, *values)):
        raise exception.InvalidInput(reason=f'a scheduler hint is longer than {MAX_HINT_LENGTH} characters')
    return found


def _text(value):
    return value if isinstance(value, str) else json.dumps(value)


def find_group(context, hints):
    """Return the server group that the `group` hint names, or None.

    :raises InstanceGroupNotFound: (400, the body names it)
    """
    if not hints.get('group'):
        return None
    try:
        return objects.InstanceGroup.get_by_hint(context, hints['group'][0])
    except exception.InstanceGroupNotFound as error:
        raise exception.InstanceGroupNotFound(code=400, **_without_code(error.kwargs)) from error


def _without_code(kwargs):
    return {name: value for name, value in kwargs.items() if name != 'code'}


def default_zone():
    """Return the zone of servers that ask for none, or None if they may go anywhere."""
    return CONF.default_schedule_zone
