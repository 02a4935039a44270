# SPDX-License-Identifier: Apache-2.0
"""Passwords of a server: change it in the guest, read and forget what is kept; runs in nova-api.  Nova:
set_admin_password of nova/compute/api.py, nova/api/openstack/compute/server_password.py."""
import contextlib

from mininova import exception, objects, rpc, servicegroup
from mininova.compute import action, server_password


class PasswordActions:
    """Part of :class:`mininova.compute.api.API`."""

    def set_admin_password(self, context, instance, password):
        """Change the administrator's password in a guest and wait until it is changed.

        The secret goes into the message only.  When no answer comes the host ends the action, or its reconciler does.

        :raises InstanceIsLocked, InstanceInvalidState, InstanceAgentNotEnabled, InstancePasswordSetFailed: (409)
        :raises SetAdminPasswordUnavailable: the driver or the guest cannot (501)
        :raises ServiceUnavailable: the host is down or does not answer (503)
        """
        action.check_action(context, instance, 'set_admin_password')
        if not instance.host:
            raise exception.InstanceNotReady(instance_id=instance.uuid)
        if not servicegroup.host_is_up(context, instance.host):
            raise exception.ServiceUnavailable(reason='the compute host of the server is down')
        action.accept_action(context, instance, 'set_admin_password')
        try:
            self.compute_rpcapi.set_admin_password(context, instance, password)
        except rpc.MessagingTimeout as error:
            raise exception.ServiceUnavailable(reason='the compute host of the server does not answer') from error
        except rpc.MessagingException as error:
            _take_back(context, instance)
            raise exception.ServiceUnavailable(reason='the compute host of the server cannot be reached') from error

    @staticmethod
    def get_encrypted_password(instance):
        """Return what only the owner of the server's key can read, '' if there is nothing."""
        return server_password.extract_password(instance)

    @staticmethod
    def clear_encrypted_password(instance):
        """Forget the encrypted password; the one in the guest stays as it is."""
        instance.update_system_metadata(server_password.convert_password(''))


def _take_back(context, instance):
    """End an accepted action whose message could not be sent, and which nobody makes up for."""
    expected = {'task_state': instance.task_state, 'action_id': instance.action_id}
    instance.task_state = None
    with contextlib.suppress(exception.Conflict, exception.InstanceNotFound):
        instance.finish_operation(None, expected=expected)
    objects.InstanceAction.action_finish(context, instance.uuid, message='Error')
