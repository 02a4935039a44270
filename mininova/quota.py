# SPDX-License-Identifier: Apache-2.0
"""How much a project or user may have (nova-api).  Nova: nova/quota.py.

A limit is, in this order: what is set for the user in the project, for the project, for the class ``default``,
in nova.conf. -1 is no limit. What is counted in rows is compared in the transaction that adds the row
(``mininova/db/quotas.py``), so limits are exact; the functions here give it the numbers, and check what is
counted in the request itself.
"""
import mininova.conf
from mininova import exception, objects

CONF = mininova.conf.CONF

RESOURCES = ('instances', 'cores', 'ram', 'metadata_items', 'injected_files', 'injected_file_content_bytes',
             'injected_file_path_length', 'key_pairs', 'server_groups', 'server_group_members', 'fixed_ips',
             'floating_ips', 'security_groups', 'security_group_rules')
SERVER_RESOURCES = ('instances', 'cores', 'ram')


def _project_limits(class_limits, project_limits):
    return {name: project_limits.get(name, class_limits.get(name, CONF.quota[name])) for name in RESOURCES}


def get_limits(context, project_id, user_id):
    """Return what a create of servers must respect: (limits of the project, limits set for the user in it).

    :returns: two dictionaries with 'instances', 'cores' and 'ram' (MiB); the second has only what is set
    """
    defaults, project, user = objects.Quotas.get_effective(context, project_id, user_id)
    limits = _project_limits(defaults, project)
    return ({name: limits[name] for name in SERVER_RESOURCES},
            {name: user[name] for name in SERVER_RESOURCES if name in user})


def get_limit(context, resource, project_id=None, user_id=None):
    """Return one limit for a user of a project, by default the caller.

    :param resource: one of RESOURCES
    """
    defaults, project, user = objects.Quotas.get_effective(
        context, project_id or context.project_id, user_id or context.user_id)
    return user.get(resource, _project_limits(defaults, project)[resource])


def get_project_quotas(context, project_id):
    """Return {resource: {'limit': n, 'in_use': n}} of a project."""
    defaults, project, _user = objects.Quotas.get_effective(context, project_id, None)
    used = objects.Quotas.get_usage(context, project_id)
    return {name: {'limit': limit, 'in_use': used.get(name, 0)}
            for name, limit in _project_limits(defaults, project).items()}


def _exceeds(count, limit):
    return 0 <= limit < count


def check_metadata_items(context, count, project_id=None):
    """Refuse more metadata keys for one server or image than allowed.

    :raises MetadataLimitExceeded: (403)
    """
    if not count:
        return
    allowed = get_limit(context, 'metadata_items', project_id)
    if _exceeds(count, allowed):
        raise exception.MetadataLimitExceeded(allowed=allowed)


def check_injected_files(context, files):
    """Refuse too many, too long or too big files.

    :param files: (path, content as bytes) pairs
    :raises OnsetFileLimitExceeded: or one of its kinds (403)
    """
    if not files:
        return
    defaults, project, user = objects.Quotas.get_effective(context, context.project_id, context.user_id)
    limits = {**_project_limits(defaults, project), **user}
    if _exceeds(len(files), limits['injected_files']):
        raise exception.OnsetFileLimitExceeded()
    longest = max(len(path) for path, _content in files)
    if _exceeds(longest, limits['injected_file_path_length']):
        raise exception.OnsetFilePathLimitExceeded(allowed=limits['injected_file_path_length'])
    biggest = max(len(content) for _path, content in files)
    if _exceeds(biggest, limits['injected_file_content_bytes']):
        raise exception.OnsetFileContentLimitExceeded(allowed=limits['injected_file_content_bytes'])
