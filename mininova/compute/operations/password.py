# SPDX-License-Identifier: Apache-2.0
"""Change the administrator's password in a guest; runs on the compute host.  Nova: set_admin_password of
nova/compute/manager.py and of the libvirt driver.

The one action that nova-api waits for: its secret is in the message and nowhere else, so what breaks off is not taken
up again but ended, and the caller was told that it failed.
"""
import base64

from oslo_log import log

from mininova import crypto, exception, rpc
from mininova.compute import faults, power_state, server_password, task_states, vm_states
from mininova.compute.operations import base
from mininova.crashpoint import crashpoint

LOG = log.getLogger(__name__)

EVENT = 'compute_set_admin_password'
BROKE_OFF = 'the work broke off; the password in the guest may be the old or the new one'


class PasswordOperations(base.Operations):
    """Set passwords (RPC endpoint)."""

    @rpc.expected_exceptions(exception.NovaException)
    @base.instance_operation(accepts=task_states.UPDATING_PASSWORD, reraises=True)
    def set_admin_password(self, context, instance, new_pass):
        """Set the password through the agent in the guest.

        :raises InstanceAgentNotEnabled: the image does not say that there is one (409)
        :raises SetAdminPasswordUnavailable: it does not answer, or the driver cannot (501)
        :raises InstancePasswordSetFailed: the guest does not run, or the agent refused (409)
        """
        crashpoint('password.W1.accepted.after')
        if self.power_state(instance) != power_state.RUNNING:
            raise exception.InstancePasswordSetFailed(instance=instance.uuid,
                                                      reason=f'instance {instance.uuid} is not running')
        self._set(instance, new_pass)
        crashpoint('password.W2.set.after')
        self._keep_for_owner(instance, new_pass)
        self.settle(instance, vm_states.ACTIVE, EVENT)

    def _set(self, instance, new_pass):
        try:
            self.driver.set_admin_password(instance, new_pass)
        except (exception.InstanceAgentNotEnabled, exception.SetAdminPasswdNotSupported,
                exception.SetAdminPasswordUnavailable):
            raise
        except NotImplementedError:
            raise exception.SetAdminPasswordUnavailable() from None
        except Exception as error:
            # What the agent says may repeat what it was told: neither the log nor the caller gets it.
            LOG.error('The password could not be set: %s.', type(error).__name__, instance=instance)
            raise exception.InstancePasswordSetFailed(instance=instance.uuid,
                                                      reason='error setting admin password') from None

    @staticmethod
    def _keep_for_owner(instance, new_pass):
        """Keep the password so that only the owner of the server's RSA key can read it (os-server-password)."""
        if not (instance.key_data or '').startswith('ssh-rsa'):
            return
        try:
            encrypted = crypto.ssh_encrypt_text(instance.key_data, new_pass)
        except exception.EncryptionFailure as error:
            LOG.warning('The new password is not kept for the owner: %s', error.format_message(), instance=instance)
            return
        instance.update_system_metadata(server_password.convert_password(base64.b64encode(encrypted).decode()))


def give_up(reconciler, request, instance):
    """Remedy: end what was begun; nobody has the password any more."""
    error = exception.InstancePasswordSetFailed(instance=instance.uuid, reason=BROKE_OFF)
    with reconciler.parts.busy_with(instance.uuid):
        instance.task_state = None
        instance.finish_operation(
            EVENT, expected={'task_state': task_states.UPDATING_PASSWORD, 'action_id': instance.action_id,
                             'host': reconciler.host},
            result='Error', details=error.format_message(), fault=faults.describe(error, reconciler.host))
