# SPDX-License-Identifier: Apache-2.0
"""Lock and unlock a server; runs in nova-api, no host is asked.  Nova: lock, unlock, is_expected_locked_by of
nova/compute/api.py.

A lock keeps everybody from changing the server but those whom policy lets override it.  It is the owner's or an
administrator's, as the one who set it belongs to the server's project or not.
"""
import mininova.conf
from mininova import objects
from mininova.compute import instance_actions
from mininova.notifications import instance as notifications

CONF = mininova.conf.CONF

OWNER, ADMIN = 'owner', 'admin'


def _side_of(context, instance):
    return OWNER if instance.project_id == context.project_id else ADMIN


class LockActions:
    """Part of :class:`mininova.compute.api.API`."""

    def lock(self, context, instance, reason=None):
        """Lock a server, whatever is being done to it.

        One that is locked stays as it is for its owner; an administrator's lock takes the place of an owner's.

        :param reason: text shown with the server (2.73); None keeps what it says
        """
        side = _side_of(context, instance)
        if instance.locked and side == OWNER:
            return
        self._write(context, instance, instance_actions.LOCK, side, reason)

    def unlock(self, context, instance):
        """Unlock a server; fine if it is not locked."""
        self._write(context, instance, instance_actions.UNLOCK, None, None)

    @staticmethod
    def is_expected_locked_by(context, instance):
        """Tell whether the lock, if there is one, is of the caller's side."""
        return instance.locked_by in (None, _side_of(context, instance))

    @staticmethod
    def _write(context, instance, action, locked_by, reason):
        record = objects.InstanceAction.pack_start(context, instance.uuid, action)
        instance.set_lock(locked_by, reason, record, f'api_{action}', CONF.host)
        notifications.notify_about_instance_action(context, instance, CONF.host, action,
                                                   source=notifications.SOURCE_API)
