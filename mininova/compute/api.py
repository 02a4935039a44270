# SPDX-License-Identifier: Apache-2.0
"""What may be asked of a server; runs in nova-api, never on a compute host.  Nova: nova/compute/api.py.

Actions are methods of the base classes, one family a file (``guest_actions.py``, ``lock_actions.py``, ...); how one is
accepted is in ``action.py``.  See also: ``create.py`` (POST /servers), ``search.py`` (lists), ``flavors.py``,
``keypairs.py`` and ``hosts.py`` for what Nova has in this module too.
"""
from oslo_utils import uuidutils

from mininova import exception, hooks, objects, quota, rpc, servicegroup
from mininova.compute import (
    action,
    console_actions,
    create,
    delete_actions,
    disk_actions,
    external_events,
    guest_actions,
    interface_actions,
    live_actions,
    lock_actions,
    move_actions,
    password_actions,
    shelve_actions,
    volume_actions,
)
from mininova.compute import rpcapi as compute_rpcapi
from mininova.conductor import api as conductor_api
from mininova.crashpoint import crashpoint
from mininova.image import api as image_api
from mininova.network import api as network_api
from mininova.network import security_group_api
from mininova.objects import instance_rows

MAX_TAGS = 50


class API(
        console_actions.ConsoleActions,
        delete_actions.DeleteActions,
        disk_actions.DiskActions,
        external_events.ExternalEvents,
        guest_actions.GuestActions,
        interface_actions.InterfaceActions,
        live_actions.LiveActions,
        lock_actions.LockActions,
        password_actions.PasswordActions,
        move_actions.MoveActions,
        shelve_actions.ShelveActions,
        volume_actions.VolumeActions,
):
    """The compute API as controllers see it; the families of actions are its base classes."""

    def __init__(self):
        self.image_api = image_api.API()
        self.network_api = network_api.API()
        # Whoever waits for the answer to a request shall not wait for the bus.
        self.compute_rpcapi = compute_rpcapi.ComputeAPI(retry=1)
        self.compute_task_api = conductor_api.ComputeTaskAPI()
        self.creator = create.ServerCreator(self.image_api, self.network_api, security_group_api.API())

    def get(self, context, instance_id, expected_attrs=None):
        """Return a server.

        :param expected_attrs: 'metadata' and 'tags' are loaded when named
        :raises InstanceNotFound: there is none, or it is another project's (404)
        """
        if not uuidutils.is_uuid_like(instance_id):
            raise exception.InstanceNotFound(instance_id=instance_id)
        return objects.Instance.get_by_uuid(context, instance_id, expected_attrs=expected_attrs or ())

    # -- create --

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
        if not servicegroup.host_is_up(context, instance.host):
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
        instance.reset_state(vm_state)

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
        action.check_action(context, instance, 'update_metadata')
        limit = quota.get_limit(context, 'metadata_items')
        return instance_rows.merge_metadata(instance.uuid, metadata, limit, replace)

    def delete_metadata_item(self, context, instance, key):
        """Remove one item of a server's metadata.

        :raises NotFound: there is no such item (404)
        :raises InstanceIsLocked, InstanceInvalidState: (409)
        """
        if key not in instance_rows.get_metadata(instance.uuid):
            raise exception.NotFound('Metadata item was not found')
        action.check_action(context, instance, 'delete_metadata')
        instance_rows.delete_metadata_item(instance.uuid, key)

    def add_tag(self, context, instance, tag):
        """Give a server a tag; False if it has it.

        :raises InstanceInvalidState: (409)
        """
        action.check_action(context, instance, 'update_tags')
        return instance_rows.add_tag(instance.uuid, tag, MAX_TAGS)

    def replace_tags(self, context, instance, tags):
        """Make `tags` all tags of a server."""
        action.check_action(context, instance, 'update_tags')
        instance_rows.replace_tags(instance.uuid, tags)

    def delete_tag(self, context, instance, tag):
        """Take a tag from a server.

        :raises InstanceTagNotFound: it does not have it (404)
        """
        action.check_action(context, instance, 'update_tags')
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
