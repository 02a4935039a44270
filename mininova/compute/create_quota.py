# SPDX-License-Identifier: Apache-2.0
"""What a create request takes of a project's quota (nova-api).  Nova: nova/compute/utils.py check_num_instances_quota.

Servers, cores and memory are compared inside the transaction that writes them (:mod:`mininova.db.create`), so that no number of
concurrent creates passes a limit; here is how many to write, and what concerns one server only.
"""
import base64

import mininova.conf
from mininova import exception, objects
from mininova.objects import instance_rows

CONF = mininova.conf.CONF

RESOURCES = ('instances', 'cores', 'ram')


def check_contents(context, metadata, injected_files):
    """Refuse more metadata, files or contents than one server may have.

    :param injected_files: [[path, base64 content], ...]
    :raises MetadataLimitExceeded, OnsetFileLimitExceeded, OnsetFilePathLimitExceeded, OnsetFileContentLimitExceeded: (403)
    """
    if not metadata and not injected_files:
        return
    limits = _project_limits(context)[0]
    if _is_over(len(metadata), limits('metadata_items')):
        raise exception.MetadataLimitExceeded(allowed=limits('metadata_items'))
    if _is_over(len(injected_files), limits('injected_files')):
        raise exception.OnsetFileLimitExceeded()
    for path, content in injected_files:
        if _is_over(len(path), limits('injected_file_path_length')):
            raise exception.OnsetFilePathLimitExceeded(allowed=limits('injected_file_path_length'))
        if _is_over(len(base64.b64decode(content)), limits('injected_file_content_bytes')):
            raise exception.OnsetFileContentLimitExceeded(allowed=limits('injected_file_content_bytes'))


def metadata_limit(context):
    """Return how many metadata items one server may have; -1 is no limit."""
    return _project_limits(context)[0]('metadata_items')


def _is_over(number, limit):
    return 0 <= limit < number


def _project_limits(context):
    """Return (function from a resource to the project's limit, limits set for this user)."""
    by_class, by_project, by_user = instance_rows.effective_limits(context.project_id, context.user_id)

    def limit(resource):
        return by_project.get(resource, by_class.get(resource, getattr(CONF.quota, resource)))
    return limit, by_user


def write(context, flavor, min_count, max_count, make_drafts):
    """Write as many servers as the quota allows, from `max_count` down to `min_count`.

    :param make_drafts: function(count) that returns the drafts of so many servers
    :returns: the drafts that were written
    :raises TooManyInstances: (403)
    """
    each = {'instances': 1, 'cores': flavor.vcpus, 'ram': flavor.memory_mb}
    limit, by_user = _project_limits(context)
    limits = {'project_id': context.project_id, 'user_id': context.user_id,
              'project_limits': {name: limit(name) for name in RESOURCES},
              'user_limits': {name: by_user[name] for name in RESOURCES if name in by_user}}
    count = max_count
    while True:
        drafts = make_drafts(count)
        deltas = {name: number * count for name, number in each.items()}
        try:
            objects.InstanceList.create_all(context, drafts, {**limits, 'deltas': deltas})
            return drafts
        except exception.TooManyInstances as error:
            count = min(_fits(error, each), count - 1)
            if count < min_count:
                raise _tell_range(error, each, min_count, max_count) from error


def _fits(error, each):
    """Return how many servers the quota has room for, read from its refusal."""
    lists = [error.kwargs[name].split(', ') for name in ('overs', 'allowed', 'used')]
    return min((int(allowed) - int(used)) // each[name] for name, allowed, used in zip(*lists, strict=True))


def _tell_range(error, each, min_count, max_count):
    """Say what was asked for as it was asked: '2-5' instances if that was the range."""
    overs = error.kwargs['overs'].split(', ')
    asked = {name: number * min_count for name, number in each.items()}
    if min_count != max_count:
        asked['instances'] = f'{min_count}-{max_count}'
    kwargs = {**error.kwargs, 'req': ', '.join(str(asked[name]) for name in overs)}
    kwargs.pop('code')
    return exception.TooManyInstances(**kwargs)
