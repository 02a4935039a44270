# SPDX-License-Identifier: Apache-2.0
"""What a create request takes of a project's quota (nova-api).  Nova: nova/compute/utils.py check_num_instances_quota.

Servers, cores and memory are compared inside the transaction that writes them (:mod:`mininova.db.create`), so
that no number of concurrent creates passes a limit; here is how many to write, and what concerns one server only.
"""
import base64

from mininova import exception, objects, quota
from mininova.objects import instance_rows

# What one transaction can hold, and one message carry, where no quota limits the number.
MAX_AT_ONCE = 1000


def check_contents(context, metadata, injected_files):
    """Refuse more metadata, files or contents than one server may have.

    :param injected_files: [[path, base64 content], ...]
    :raises MetadataLimitExceeded, OnsetFileLimitExceeded and its kinds: (403)
    """
    quota.check_metadata_items(context, len(metadata))
    quota.check_injected_files(context, [(path, base64.b64decode(content)) for path, content in injected_files])


def write(context, flavor, min_count, max_count, make_drafts):
    """Write as many servers as the quota allows, from `max_count` down to `min_count`.

    :param make_drafts: function(count) that returns the drafts of so many servers
    :returns: the drafts that were written
    :raises TooManyInstances, ServerGroupMemberLimitExceeded: (403)
    """
    each = {'instances': 1, 'cores': flavor.vcpus, 'ram': flavor.memory_mb}

    def deltas(count):
        return {name: number * count for name, number in each.items()}
    project_limits, user_limits = quota.get_limits(context, context.project_id, context.user_id)
    limits = {'project_id': context.project_id, 'user_id': context.user_id, 'project_limits': project_limits,
              'user_limits': user_limits}
    count = max_count
    while True:
        try:
            if count > 1:
                # A look before thousands of drafts are made; what counts is the comparison when they are written.
                instance_rows.check_quota({**limits, 'deltas': deltas(count)})
            count = _at_once(count, min_count)
            drafts = make_drafts(count)
            group_limit = quota.get_limit(context, 'server_group_members') if drafts[0]['group_id'] else -1
            objects.InstanceList.create_all(context, drafts, {**limits, 'deltas': deltas(count)}, group_limit)
            return drafts
        except exception.TooManyInstances as error:
            count = min(_fits(error, each), count - 1)
            if count < min_count:
                raise _tell_range(error, each, min_count, max_count) from error


def _at_once(count, min_count):
    """Return how many servers one request makes, of those it may.

    :raises Invalid: it wants more than that (400)
    """
    if min_count > MAX_AT_ONCE:
        raise exception.Invalid(f'min_count is {min_count}; one request makes {MAX_AT_ONCE} servers at most')
    return min(count, MAX_AT_ONCE)


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
