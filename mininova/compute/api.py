# SPDX-License-Identifier: Apache-2.0
"""What may be asked of a server; runs in nova-api, never on a compute host.  Nova: nova/compute/api.py.

An action is a method under ``@instance_action``: lock, state, then *one* transaction that sets the task state, a new
action id and the record of what was asked; only then is a message sent, which is no more than a wake-up.

See also: ``create.py`` (POST /servers), ``search.py`` (lists), ``flavors.py``, ``keypairs.py`` and ``hosts.py`` for
what Nova has in this module too.
"""
import copy
import functools

from oslo_log import log
from oslo_utils import uuidutils

import mininova.conf
from mininova import exception, hooks, objects, quota, rpc, servicegroup
from mininova.compute import create, state_machine, task_states
from mininova.compute import rpcapi as compute_rpcapi
from mininova.conductor import api as conductor_api
from mininova.crashpoint import crashpoint
from mininova.image import api as image_api
from mininova.network import api as network_api
from mininova.notifications import instance as notifications
from mininova.objects import instance_rows
from mininova.policies import lock_server as lock_policies

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

MAX_TAGS = 50


def instance_action(method):
    """Decorate ``method(self, context, instance, **arguments)``, an action of the table in state_machine under the
    same name.

    The body only sends the message.  It runs after the action was accepted; when it cannot send, the action still
    stands and the compute host's reconciler carries it out.
    """
    name = method.__name__

    @functools.wraps(method)
    def wrapper(self, context, instance, **arguments):
        accept_action(context, instance, name, arguments)
        _send(method, self, context, instance, **arguments)
    wrapper.action_name = name
    return wrapper


def accept_action(context, instance, name, arguments=None, expected=None):
    """Write that an action was accepted.

    :param name: key of state_machine.ACTIONS
    :param arguments: intent, kept with the record
    :param expected: {column: value} that must hold besides what the action's rule says
    :raises InstanceIsLocked, InstanceInvalidState, InstanceNotReady: (409)
    :raises UnexpectedTaskStateError and its siblings: another action was accepted meanwhile (409)
    """
    check_action(context, instance, name)
    rule = state_machine.ACTIONS[name]
    # Whoever drove the action before has no say in this one.
    values = {'action_id': uuidutils.generate_uuid(), 'task_state': rule.starts, 'owner': None}
    wanted = dict(expected or {})
    if rule.expected_task_states():
        wanted['task_state'] = rule.expected_task_states()
    if rule.expected_vm_states():
        wanted['vm_state'] = rule.expected_vm_states()
    action = objects.InstanceAction.pack_start(context, instance.uuid, rule.action, values['action_id'], arguments)
    instance.accept_action(values, wanted, action)


def check_action(context, instance, name):
    """Refuse an action on a locked server or in a state that does not allow it.

    :raises InstanceIsLocked, InstanceInvalidState, InstanceNotReady: (409)
    """
    if state_machine.ACTIONS[name].must_be_unlocked:
        check_lock(context, instance)
    return state_machine.check(name, instance)


def check_lock(context, instance):
    """Refuse a locked server to all but those whom policy lets override the lock.

    :raises InstanceIsLocked: (409)
    """
    if instance.locked and not context.can(lock_policies.UNLOCK_OVERRIDE, fatal=False, target={
            'project_id': instance.project_id, 'user_id': instance.user_id}):
        raise exception.InstanceIsLocked(instance_uuid=instance.uuid)


def _send(send, *args, **kwargs):
    try:
        send(*args, **kwargs)
    except rpc.MessagingException as error:
        LOG.warning('No message bus (%s): %s waits for the next round of the reconciler.', error, send.__name__)


class API:
    """The compute API as controllers see it."""

    def __init__(self):
        self.image_api = image_api.API()
        self.network_api = network_api.API()
        # Whoever waits for the answer to a request shall not wait for the bus.
        self.compute_rpcapi = compute_rpcapi.ComputeAPI(retry=1)
        self.compute_task_api = conductor_api.ComputeTaskAPI()
        self.creator = create.ServerCreator(self.image_api, self.network_api)

    def get(self, context, instance_id, expected_attrs=None):
        """Return a server.

        :param expected_attrs: 'metadata' and 'tags' are loaded when named
        :raises InstanceNotFound: there is none, or it is another project's (404)
        """
        if not uuidutils.is_uuid_like(instance_id):
            raise exception.InstanceNotFound(instance_id=instance_id)
        return objects.Instance.get_by_uuid(context, instance_id, expected_attrs=expected_attrs or ())

    # -- create and delete --

    @hooks.add_hook('create_instance')
    def create(self, context, request):
        """Accept a create request and wake conductor up.

        :param request: create.ServerRequest
        :returns: create.Created
        """
        created = self.creator.create(context, request)
        uuids = [row['uuid'] for row in created.rows]
        self.compute_task_api.build_instances(context, uuids, request.admin_password, request.injected_files)
        crashpoint('create.C3.cast.after')
        return created

    @hooks.add_hook('delete_instance')
    def delete(self, context, instance):
        """Delete a server in whatever state it is; asked again, the deletion is driven again.

        :raises InstanceIsLocked: (409)
        :raises InstanceNotFound: it is gone already (404)
        """
        check_lock(context, instance)
        crashpoint('delete.D1.committed.before')
        while not self._accept_delete(context, instance):
            instance.refresh()
        crashpoint('delete.D2.cast.after')

    def _accept_delete(self, context, instance):
        """Try to become the deletion of a server as it was read; False if it has changed since then."""
        if instance.task_state == task_states.DELETING and instance.action_id:
            LOG.info('Deleting already; driving it again.', instance=instance)
            self._drive_delete(_original_context(context, instance), instance)
            return True
        if not instance.host and self._delete_at_once(context, instance):
            return True
        as_read = {name: getattr(instance, name) for name in ('vm_state', 'task_state', 'action_id', 'host')}
        try:
            accept_action(context, instance, 'delete', expected=as_read)
        except (exception.UnexpectedTaskStateError, exception.UnexpectedVMStateError, exception.StaleAction):
            return False
        crashpoint('delete.D1.committed.after')
        self._drive_delete(context, instance)
        return True

    def _delete_at_once(self, context, instance):
        """Delete a server that no host and no conductor works on; False if one does."""
        action = objects.InstanceAction.pack_start(context, instance.uuid, state_machine.ACTIONS['delete'].action,
                                                   uuidutils.generate_uuid())
        if not instance.destroy_unowned(action, CONF.reconciler.worker_timeout):
            return False
        if instance.build_attempt:
            # A host had it once; what that host gave back is asked for again, to be sure.
            self.network_api.deallocate_for_instance(context, instance)
        for phase in ('start', 'end'):
            notifications.notify_about_instance_action(context, instance, None, 'delete', phase)
        return True

    def _drive_delete(self, context, instance):
        if instance.host and self.host_is_up(context, instance.host):
            _send(self.compute_rpcapi.terminate_instance, context, instance)
        else:
            self.compute_task_api.delete_unhosted(context, instance)

    @staticmethod
    def host_is_up(context, host):
        """Tell whether the nova-compute of a host is alive."""
        try:
            return servicegroup.service_is_up(objects.Service.get_by_compute_host(context.elevated(), host))
        except exception.ComputeHostNotFound:
            return False

    # -- power --

    @instance_action
    def start(self, context, instance):
        """Turn a stopped server on."""
        self.compute_rpcapi.start_instance(context, instance)

    @instance_action
    def stop(self, context, instance):
        """Turn a server off; it keeps its host, disks and addresses."""
        self.compute_rpcapi.stop_instance(context, instance)

    def reboot(self, context, instance, reboot_type):
        """Restart a server.

        :param reboot_type: 'SOFT' asks the guest, 'HARD' cuts the power
        """
        return (self.reboot_soft if reboot_type == 'SOFT' else self.reboot_hard)(context, instance)

    @instance_action
    def reboot_soft(self, context, instance):
        self.compute_rpcapi.reboot_instance(context, instance, 'SOFT')

    @instance_action
    def reboot_hard(self, context, instance):
        self.compute_rpcapi.reboot_instance(context, instance, 'HARD')

    # -- questions --

    def get_console_output(self, context, instance, tail_length=None):
        """Return the end of the console's text.

        :param tail_length: lines; None for as many as there are, at most 100 KiB
        :raises InstanceNotReady: it is on no host yet (409)
        :raises ConsoleNotAvailable: the guest has none (404)
        """
        return self._ask(self.compute_rpcapi.get_console_output, context, instance, tail_length=tail_length)

    def get_diagnostics(self, context, instance):
        """Return the hypervisor's own figures (below 2.48)."""
        return self._ask(self.compute_rpcapi.get_diagnostics, context, instance)

    def get_instance_diagnostics(self, context, instance):
        """Return figures in the form that is the same for all hypervisors (2.48)."""
        return self._ask(self.compute_rpcapi.get_instance_diagnostics, context, instance)

    def _ask(self, method, context, instance, **arguments):
        """Put a question to the server's host.

        :raises InstanceNotReady: there is none (409)
        :raises ServiceUnavailable: it is down or does not answer (503)
        """
        if not instance.host:
            raise exception.InstanceNotReady(instance_id=instance.uuid)
        if not self.host_is_up(context, instance.host):
            raise exception.ServiceUnavailable(reason='the compute host of the server is down')
        try:
            return method(context, instance, **arguments)
        except rpc.MessagingException as error:
            raise exception.ServiceUnavailable(reason='the compute host of the server does not answer') from error

    # -- changes without a message --

    @staticmethod
    def reset_state(instance, vm_state):
        """Say by decree where a server stands; whatever was being done to it loses its right to go on.

        :param vm_state: vm_states.ACTIVE or ERROR
        """
        instance.vm_state, instance.task_state = vm_state, None
        instance.action_id = instance.owner = None
        instance.save()

    @staticmethod
    def update(instance, changes):
        """Write names, addresses and other properties that concern nobody but the user.

        :param changes: {field of objects.Instance: value}
        """
        for name, value in changes.items():
            setattr(instance, name, value)
        instance.save()

    def update_metadata(self, context, instance, metadata, replace=False):
        """Add to a server's metadata, or replace it, and return all of it.

        :raises InstanceIsLocked, InstanceInvalidState: (409)
        :raises MetadataLimitExceeded: (403)
        """
        check_action(context, instance, 'update_metadata')
        limit = quota.get_limit(context, 'metadata_items')
        return instance_rows.merge_metadata(instance.uuid, metadata, limit, replace)

    def delete_metadata_item(self, context, instance, key):
        """Remove one item of a server's metadata.

        :raises NotFound: there is no such item (404)
        :raises InstanceIsLocked, InstanceInvalidState: (409)
        """
        if key not in instance_rows.get_metadata(instance.uuid):
            raise exception.NotFound('Metadata item was not found')
        check_action(context, instance, 'delete_metadata')
        instance_rows.delete_metadata_item(instance.uuid, key)

    def add_tag(self, context, instance, tag):
        """Give a server a tag; False if it has it.

        :raises InstanceInvalidState: (409)
        """
        check_action(context, instance, 'update_tags')
        return instance_rows.add_tag(instance.uuid, tag, MAX_TAGS)

    def replace_tags(self, context, instance, tags):
        """Make `tags` all tags of a server."""
        check_action(context, instance, 'update_tags')
        instance_rows.replace_tags(instance.uuid, tags)

    def delete_tag(self, context, instance, tag):
        """Take a tag from a server.

        :raises InstanceTagNotFound: it does not have it (404)
        """
        check_action(context, instance, 'update_tags')
        if not instance_rows.delete_tag(instance.uuid, tag):
            raise exception.InstanceTagNotFound(instance_id=instance.uuid, tag=tag)

    def pin_zone(self, context, instance, zone):
        """Bind a server to its zone for later moves, or with None let it go anywhere (2.104).

        :raises Conflict: `zone` is not the one the server is in (409)
        """
        if zone is not None and zone != instance.availability_zone:
            raise exception.Conflict(f'The server can only be pinned to the availability zone that it is in: '
                                     f'{instance.availability_zone}.')
        spec = objects.RequestSpec.get_by_instance_uuid(context, instance.uuid)
        spec.availability_zone = zone
        spec.save()


def _original_context(context, instance):
    """Act under the request whose action the server carries, so that its record is the one that ends."""
    action = objects.InstanceAction.get_current(context.elevated(), instance.uuid, instance.action_id)
    if action is None:
        return context
    original = copy.copy(context)
    original.request_id = action.request_id
    return original
