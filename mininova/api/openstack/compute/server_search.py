# SPDX-License-Identifier: Apache-2.0
"""The query of GET /servers and /servers/detail: which filters, for whom, at which version (nova-api).

In Nova: _get_servers of nova/api/openstack/compute/servers.py.
"""
import typing

import webob.exc
from oslo_utils import strutils, timeutils

from mininova import exception
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common
from mininova.api.openstack.compute.schemas import servers as schemas
from mininova.api.openstack.compute.views import server_status
from mininova.compute import search, vm_states
from mininova.policies import servers as policies

# Filters that every user has, by the version they came with; the others are for administrators.
_USER_FILTERS = (
    ('2.1', ('reservation_id', 'name', 'status', 'image', 'flavor', 'ip', 'changes-since', 'all_tenants')),
    ('2.5', ('ip6',)),
    ('2.26', tuple(search.TAG_FILTERS)),
    ('2.66', ('changes-before',)),
    ('2.73', ('locked',)),
    ('2.83', ('availability_zone', 'config_drive', 'key_name', 'created_at', 'launched_at', 'terminated_at',
              'power_state', 'task_state', 'vm_state', 'progress', 'user_id')),
    ('2.90', ('hostname',)),
)
_ADMIN_SORT_KEYS = frozenset({'host', 'node'})
_NOT_FILTERS = frozenset({'limit', 'marker', 'page_size', 'sort_key', 'sort_dir'})


class Search(typing.NamedTuple):
    """What to look for.

    :param options: filters for mininova.compute.search
    :param nothing: whether it is known that nothing can be found
    """

    options: dict
    sort: list
    limit: int
    marker: str | None
    nothing: bool = False


def read(req, all_tenants_rule):
    """Read the query of a list.

    :param all_tenants_rule: policy that lets the caller see all projects
    :returns: Search
    :raises HTTPBadRequest: a filter or its value is not valid (400)
    :raises PolicyNotAuthorized: (403)
    """
    context = req.environ['nova.context']
    options = _allowed(req, context)
    _refuse_internal(options)
    nothing = not _add_status(req, options)
    _add_times(options)
    _add_deleted(context, options)
    for name in search.TAG_FILTERS:
        if name in options:
            options[name] = options[name].split(',')
    if 'locked' in options:
        options['locked'] = common.bool_from_string_strict(options['locked'])
    _add_owner(context, options, all_tenants_rule)
    limit, marker = common.get_limit_and_marker(req)
    return Search(options, _sort(req, context), limit, marker, nothing)


def _allowed(req, context):
    """Return the filters of the query that the caller may use; others are passed over."""
    options = {name: value for name, value in req.GET.items() if name not in _NOT_FILTERS}
    if context.can(policies.ALLOW_ALL_FILTERS, fatal=False):
        return options
    known = {name for version, names in _USER_FILTERS if versions.is_supported(req, version) for name in names}
    return {name: value for name, value in options.items() if name in known}


def _refuse_internal(options):
    for name in options:
        if name in schemas.JOINED_TABLES or name.startswith('_'):
            raise webob.exc.HTTPBadRequest(explanation=f'Invalid filter field: {name[:80]}.')


def _add_status(req, options):
    """Turn `status` into states; False if it is a word that no server can show.

    :raises HTTPBadRequest: such a word, from 2.38 on
    """
    if options.pop('status', None) is None and 'status' not in req.GET:
        return True
    vms, tasks = server_status.states_of(req.GET.getall('status'))
    if not vms:
        if versions.is_supported(req, '2.38'):
            raise webob.exc.HTTPBadRequest(explanation='Invalid status value')
        return False
    options['vm_state'] = vms
    if tasks is not None:
        options['task_state'] = tasks
    return True


def _add_times(options):
    for name in ('changes-since', 'changes-before'):
        if name in options:
            options[name] = parse_time(name, options[name])
    since, before = options.get('changes-since'), options.get('changes-before')
    if since and before and since > before:
        raise webob.exc.HTTPBadRequest(
            explanation='The value of changes-since must be less than or equal to changes-before.')


def parse_time(name, text):
    """Return a time as the tables keep it: UTC without zone.

    :raises HTTPBadRequest: it is none
    """
    try:
        return timeutils.normalize_time(timeutils.parse_isotime(text))
    except (ValueError, OverflowError):
        raise webob.exc.HTTPBadRequest(explanation=f'Invalid filter field: {name}.') from None


def _add_deleted(context, options):
    """Leave out servers that are gone, unless they or changes are asked for."""
    if 'soft_deleted' in options:
        options['soft_deleted'] = strutils.bool_from_string(options['soft_deleted'])
    if vm_states.SOFT_DELETED in options.get('vm_state', ()):
        options.setdefault('soft_deleted', True)
    if 'deleted' in options:
        options['deleted'] = strutils.bool_from_string(options['deleted'], default=False)
    elif 'changes-since' not in options and 'changes-before' not in options:
        options['deleted'] = False
    if options.get('vm_state') == [vm_states.DELETED]:
        if not context.is_admin:
            raise exception.Forbidden('Only administrators may list deleted instances')
        options['deleted'] = True


def _add_owner(context, options, all_tenants_rule):
    if _is_all_tenants(options):
        context.can(all_tenants_rule)
        return
    options.pop('tenant_id', None)
    if context.project_id:
        options['project_id'] = context.project_id
    else:
        options['user_id'] = context.user_id


def _is_all_tenants(options):
    """Tell whether servers of all projects are wanted; the key alone says so."""
    value = options.pop('all_tenants', None)
    if not value:
        return value is not None
    try:
        return strutils.bool_from_string(value, strict=True)
    except ValueError as error:
        raise exception.InvalidInput(reason=str(error)) from error


def _sort(req, context):
    keys, directions = common.get_sort_params(req.GET)
    ignored = set(schemas.IGNORED_SORT_KEYS)
    if versions.is_supported(req, '2.73'):
        ignored.discard('locked')
    if not context.is_admin:
        for key in _ADMIN_SORT_KEYS.intersection(keys):
            raise exception.Forbidden(f'Only administrators can sort servers by {key}')
    found = []
    for key, direction in zip(keys, directions, strict=True):
        if direction not in ('asc', 'desc'):
            raise exception.InvalidInput(reason=f"Unknown sort direction '{direction[:20]}', must be asc or desc")
        if key not in ignored:
            found.append((key, direction))
    return found or [('created_at', 'desc')]
