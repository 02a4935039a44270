# SPDX-License-Identifier: Apache-2.0
"""Who asks, on behalf of which project, in which request.  Nova: nova/context.py."""
import copy

from oslo_context import context as base
from oslo_utils import timeutils

from mininova import exception, policy


class RequestContext(base.RequestContext):
    """Passed first to everything that acts for somebody; travels with each RPC message.

    :param user_id: who asks
    :param project_id: whose resources are meant
    :param is_admin: None asks policy (`context_is_admin`), True or False overrides it
    :param read_deleted: 'no', 'yes' or 'only': which rows queries may see
    :param service_catalog: the catalog of the token; only what is asked on behalf of the caller is kept
    """

    def __init__(self, user_id=None, project_id=None, is_admin=None, read_deleted='no', remote_address=None,
                 timestamp=None, service_catalog=None, user_auth_plugin=None, **kwargs):
        super().__init__(user_id=user_id, project_id=project_id, is_admin=is_admin, **kwargs)
        self.read_deleted = read_deleted
        self.remote_address = remote_address
        self.timestamp = timeutils.parse_isotime(timestamp) if isinstance(timestamp, str) else (
            timestamp or timeutils.utcnow())
        self.service_catalog = [entry for entry in service_catalog or () if entry.get('type') in ('image', 'network')]
        self.user_auth_plugin = user_auth_plugin
        if self.is_admin is None:
            self.is_admin = policy.check_is_admin(self.to_policy_values())

    def to_dict(self):
        values = super().to_dict()
        values.update(read_deleted=self.read_deleted, remote_address=self.remote_address,
                      timestamp=self.timestamp.isoformat(), service_catalog=self.service_catalog)
        return values

    @classmethod
    def from_dict(cls, values):
        extra = {key: values.get(key) for key in ('remote_address', 'timestamp', 'service_catalog')}
        return super().from_dict(values, read_deleted=values.get('read_deleted', 'no'), **extra)

    def to_policy_values(self):
        values = super().to_policy_values()
        values['is_admin'] = self.is_admin
        return values

    def elevated(self, read_deleted=None):
        """Return the same request with the administrator's rights, for steps that the service itself decides."""
        context = copy.copy(self)
        context.roles = [*self.roles, 'admin'] if 'admin' not in self.roles else self.roles
        context.is_admin = True
        if read_deleted is not None:
            context.read_deleted = read_deleted
        return context

    def can(self, rule, target=None, fatal=True):
        """Check a policy rule for the caller.

        :param target: what is acted on, {'project_id': ..., 'user_id': ...}; None means the caller's own
        :param fatal: raise, rather than answer False
        :raises PolicyNotAuthorized: the rule does not allow it (403)
        """
        if target is None:
            target = {'project_id': self.project_id, 'user_id': self.user_id}
        allowed = policy.authorize(self.to_policy_values(), rule, target)
        if not allowed and fatal:
            raise exception.PolicyNotAuthorized(action=rule)
        return allowed


def get_admin_context(read_deleted='no'):
    """Return the context of the service itself."""
    return RequestContext(is_admin=True, read_deleted=read_deleted, overwrite=False)
