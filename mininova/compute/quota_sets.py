# SPDX-License-Identifier: Apache-2.0
"""What administrators set: the limits of projects, of users in them and of the default class (nova-api).

Nova: DbQuotaDriver of nova/quota.py and the checks of nova/api/openstack/compute/quota_sets.py.
"""
import logging

import mininova.conf
from mininova import exception, objects, quota

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

NO_LIMIT = -1


def get_defaults(context, class_name='default'):
    """Return {resource: limit} of a quota class, completed from nova.conf."""
    known = objects.Quotas.get_class_limits(context, class_name)
    return {name: known.get(name, CONF.quota[name]) for name in quota.RESOURCES}


def get_quotas(context, project_id, user_id=None):
    """Return {resource: limit} of a project, or of one user in it."""
    _defaults, _project, user = objects.Quotas.get_effective(context, project_id, user_id)
    limits = {name: entry['limit'] for name, entry in quota.get_project_quotas(context, project_id).items()}
    return {**limits, **user} if user_id else limits


def get_usages(context, project_id, user_id=None):
    """Return {resource: {'limit', 'in_use', 'reserved'}}; nothing is reserved, usage is counted."""
    if user_id:
        used = objects.Quotas.get_usage_of_user(context, project_id, user_id)
    else:
        used = objects.Quotas.get_usage(context, project_id)
    return {name: {'limit': limit, 'in_use': used.get(name, 0), 'reserved': 0}
            for name, limit in get_quotas(context, project_id, user_id).items()}


def update(context, project_id, limits, user_id=None, force=False):
    """Set limits, all of them or none.

    :param limits: {resource: limit}, -1 is no limit
    :param force: also below what is in use, or above what the project has
    :raises InvalidInput: a limit is below or above what it may be (400)
    """
    if not force:
        _check(context, project_id, limits, user_id)
    objects.Quotas.set_limits(context, project_id, limits, user_id)
    LOG.info('Limits of project %s%s: %s', project_id, f', user {user_id}' if user_id else '', limits)


def _check(context, project_id, limits, user_id):
    usages = get_usages(context, project_id, user_id)
    if user_id:
        lowest, highest = {}, get_quotas(context, project_id)
    else:
        lowest, highest = objects.Quotas.get_sums_of_users(context, project_id), {}
    for name, limit in limits.items():
        least, most = max(usages[name]['in_use'], lowest.get(name, 0)), highest.get(name, NO_LIMIT)
        if limit != NO_LIMIT and limit < least:
            raise exception.InvalidInput(reason=f'Quota limit {limit} for {name} must be greater than or equal to '
                                                f'already used and reserved {least}.')
        if most != NO_LIMIT and (limit == NO_LIMIT or limit > most):
            raise exception.InvalidInput(reason=f'Quota limit {limit} for {name} must be less than or equal to {most}.')


def update_class(context, class_name, limits):
    """Set limits of a quota class; `default` is that of all projects for which nothing is set."""
    objects.Quotas.set_class_limits(context, class_name, limits)
    LOG.info('Limits of quota class %s: %s', class_name, limits)


def delete(context, project_id, user_id=None):
    """Return a project, with all of its users, or one user of it to the defaults."""
    objects.Quotas.destroy_all(context, project_id, user_id)
    LOG.info('Project %s%s has the default limits', project_id, f', user {user_id}' if user_id else '')
