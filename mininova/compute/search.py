# SPDX-License-Identifier: Apache-2.0
"""Lists of servers: filters by their API names in, plain rows out (nova-api).  Nova: API.get_all of
nova/compute/api.py.

Worth knowing: a list shows the servers of the caller's project unless all projects are asked for; servers that are
gone are seen only by administrators, or with a filter on the time of change.
"""
import re

from oslo_utils import strutils

from mininova import exception, servicegroup
from mininova.objects import instance_rows

BRIEF = ('id', 'uuid', 'display_name')
DETAIL = (
    'id', 'uuid', 'display_name', 'user_id', 'project_id', 'image_ref', 'kernel_id', 'ramdisk_id', 'hostname',
    'launch_index',
    'key_name', 'power_state', 'vm_state', 'task_state', 'host', 'node', 'reservation_id', 'launched_at',
    'terminated_at',
    'availability_zone', 'display_description', 'locked', 'locked_by', 'root_device_name', 'config_drive',
    'access_ip_v4',
    'access_ip_v6', 'auto_disk_config', 'progress', 'flavor', 'system_metadata', 'network_info', 'created_at',
    'updated_at', 'deleted')

# API name of a filter -> column.
COLUMNS = {'name': 'display_name', 'description': 'display_description', 'image': 'image_ref', 'flavor': 'flavorid',
           'tenant_id': 'project_id', 'instance_type_id': 'flavorid'}
EXACT = frozenset({'project_id', 'user_id', 'image_ref', 'vm_state', 'task_state', 'flavorid', 'uuid', 'host',
                   'launch_index'})
BOOLEANS = frozenset({'locked', 'auto_disk_config'})
INTEGERS = frozenset({'power_state', 'progress', 'launch_index'})
PATTERNS = frozenset({
    'display_name', 'display_description', 'kernel_id', 'ramdisk_id', 'hostname', 'key_name', 'node', 'reservation_id',
    'launched_at', 'terminated_at', 'availability_zone', 'locked_by', 'root_device_name', 'access_ip_v4',
    'access_ip_v6', 'created_at'})
TAG_FILTERS = {'tags': 'tags', 'tags-any': 'tags_any', 'not-tags': 'not_tags', 'not-tags-any': 'not_tags_any'}
SORT_COLUMNS = {'instance_type_id': 'flavorid'}

MAX_PATTERN = 255
_MAX_REPEATS = 3


def list_servers(options, sort, limit, marker, columns=BRIEF, wanted=()):
    """Return servers as dictionaries.

    :param options: {filter's API name: value}, times and truths already as such
    :param sort: [(sort key of the API, 'asc' or 'desc'), ...]
    :param columns: BRIEF, DETAIL, or more
    :param wanted: what to attach (:func:`mininova.db.instance_lists.attach`)
    :raises MarkerNotFound, InvalidInput: (400)
    """
    sort = [(SORT_COLUMNS.get(name, name), direction) for name, direction in sort]
    return instance_rows.list_rows(columns, to_conditions(options), sort, marker, limit, wanted)


def to_conditions(options):
    """Turn filters into what :func:`mininova.db.instance_lists.list_rows` takes.

    :raises InvalidInput: a value that the filter cannot have (400)
    """
    where = {'exact': {}, 'patterns': {}, 'addresses': {}}
    for name, value in options.items():
        column = COLUMNS.get(name, name)
        if name in TAG_FILTERS:
            where[TAG_FILTERS[name]] = value
        elif name in ('deleted', 'soft_deleted'):
            where[name] = value
        elif name in ('changes-since', 'changes-before'):
            where[name.replace('-', '_')] = value
        elif name in ('ip', 'ip6'):
            where['addresses'][4 if name == 'ip' else 6] = check_pattern(value)
        elif column == 'config_drive':
            where['exact'][column] = 'True' if strutils.bool_from_string(value) else ''
        elif column in INTEGERS:
            where['exact'][column] = _integers(name, value)
        elif column in BOOLEANS:
            where['exact'][column] = strutils.bool_from_string(value)
        elif column in EXACT:
            where['exact'][column] = value.rsplit('/', 1)[-1] if column == 'image_ref' else value
        elif column in PATTERNS:
            where['patterns'][column] = check_pattern(value)
    return where


def _integers(name, value):
    """Read the number of a filter; a text that is none matches nothing."""
    try:
        number = int(value)
    except ValueError:
        raise exception.InvalidInput(reason=f'{name} must be a number') from None
    if abs(number) > 0x7FFFFFFF:
        raise exception.InvalidInput(reason=f'{name} is out of range')
    return number


def check_pattern(pattern):
    """Refuse a regular expression that could keep a database or this process busy for long.

    :raises InvalidInput: too long, nested or many repetitions, or a back reference (400)
    """
    if len(pattern) > MAX_PATTERN:
        raise exception.InvalidInput(reason=f'a filter is longer than {MAX_PATTERN} characters')
    try:
        re.compile(pattern)
    except re.error as error:
        raise exception.InvalidInput(reason=f'a filter is no regular expression: {error}') from None
    repeats = re.findall(r'(?<!\\)(?:[*+]|\{\d*,?\d*\})', pattern)
    nested = re.search(r'\)(?:[*+]|\{)', pattern)
    if len(repeats) > _MAX_REPEATS or nested or re.search(r'\\\d|\(\?P=|\(\?\(', pattern):
        raise exception.InvalidInput(reason='a filter is too complicated a regular expression')
    return pattern


# -- hosts ------------------------------------------------------------------------------------


def host_states():
    """Return a function from a host's name to UP, UNKNOWN, DOWN, MAINTENANCE or '' (2.16)."""
    services = instance_rows.list_compute_services()

    def state_of(host):
        service = services.get(host) if host else None
        return '' if service is None else _host_state(service)
    return state_of


def _host_state(service):
    if service.forced_down:
        return 'DOWN'
    if service.disabled:
        return 'MAINTENANCE'
    return 'UP' if servicegroup.service_is_up(service) else 'UNKNOWN'
