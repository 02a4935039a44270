# SPDX-License-Identifier: Apache-2.0
"""Cards that a server gets or loses while it exists, and further addresses of its cards; runs in nova-api.

Nova: attach_interface, detach_interface, add_fixed_ip and remove_fixed_ip of nova/compute/api.py.  No task state is
set, as in Nova: what is going on is written on the card (mininova/db/interfaces.py), so other actions need not wait.
"""
from oslo_utils import uuidutils

from mininova import exception, objects, servicegroup
from mininova.compute import action, state_machine
from mininova.crashpoint import crashpoint


class InterfaceActions:
    """Part of :class:`mininova.compute.api.API`."""

    def attach_interface(self, context, instance, network_id=None, port_id=None, requested_ip=None, tag=None):
        """Give a server another card and wait until the guest has it.

        :returns: id of the card
        :raises InstanceIsLocked, InstanceInvalidState, PortInUse, FixedIpAlreadyInUse: (409)
        :raises NetworkNotFound, PortNotFound: (404)
        :raises NetworkAmbiguous, NoMoreFixedIps, FixedIpNotFoundForNetwork, AttachInterfaceNotSupported: (400)
        :raises PortLimitExceeded: it has as many as it can have (403)
        :raises InterfaceAttachFailed: its host could not (500)
        :raises ServiceUnavailable: its host is down, or does not answer (503)
        """
        action.check_action(context, instance, 'attach_interface')
        request = self.network_api.choose_interface(context, instance, network_id, port_id, requested_ip)
        self._require_live_host(context, instance)
        record = self._record(context, instance, 'attach_interface')
        try:
            port_id = self.network_api.reserve_interface(context, instance, request, tag,
                                                         _expected('attach_interface'), record)
        except exception.FixedIpAlreadyInUse as error:
            # A wish of a create for a taken address is a bad request, that of an attachment a conflict.
            raise exception.FixedIpAlreadyInUse(error.format_message(), code=409) from error
        crashpoint('interface.I1.reserved.after')
        self._ask(self.compute_rpcapi.attach_interface, context, instance, port_id=port_id,
                  action_id=record['action_id'])
        return port_id

    def detach_interface(self, context, instance, port_id):
        """Take a card from a server.

        :raises PortNotFound: it does not have it (404)
        :raises InstanceIsLocked, InstanceInvalidState: (409)
        """
        action.check_action(context, instance, 'detach_interface')
        record = self._record(context, instance, 'detach_interface', {'port_id': port_id})
        objects.VirtualInterface.condemn(context, instance.uuid, port_id, _expected('detach_interface'), record)
        crashpoint('interface.D1.condemned.after')
        action.send(self.compute_rpcapi.detach_interface, context, instance, port_id=port_id,
                    action_id=record['action_id'])

    def add_fixed_ip(self, context, instance, network_id):
        """Give a server one more address in a network in which it has a card.

        :raises InstanceIsLocked: (409)
        :raises NetworkNotFound, NetworkNotFoundForInstance: (404)
        :raises NoMoreFixedIps: (400)
        """
        action.check_lock(context, instance)
        port_id = self.network_api.add_fixed_ip_to_instance(context, instance, network_id)
        if not port_id:
            raise exception.NetworkNotFoundForInstance(instance_id=instance.uuid, network_id=network_id)
        self._change(context, instance, port_id)

    def remove_fixed_ip(self, context, instance, address):
        """Take an address from a server.

        :raises InstanceIsLocked: (409)
        :raises FixedIpNotFoundForInstance: it does not have it (400)
        :raises FixedIpIsOnlyOne: its card has no other one (400)
        """
        action.check_lock(context, instance)
        port_id = self.network_api.remove_fixed_ip_from_instance(context, instance, address)
        if port_id is None:
            raise exception.FixedIpNotFoundForInstance(ip=address, instance_uuid=instance.uuid)
        if not port_id:
            raise exception.FixedIpIsOnlyOne(ip=address, instance_uuid=instance.uuid)
        self._change(context, instance, port_id)

    def _change(self, context, instance, port_id):
        if instance.host:
            action.send(self.compute_rpcapi.refresh_interface, context, instance, port_id=port_id)
            return
        # On no host nobody serves the card: the record is all there is to change.
        network_info = self.network_api.get_instance_nw_info(context, instance).plain()
        objects.VirtualInterface.complete(context, instance.uuid, port_id, 'changing', network_info, None)

    @staticmethod
    def _record(context, instance, name, arguments=None):
        return objects.InstanceAction.pack_start(context, instance.uuid, state_machine.ACTIONS[name].action,
                                                 uuidutils.generate_uuid(), arguments)

    def _require_live_host(self, context, instance):
        if not servicegroup.host_is_up(context, instance.host):
            raise exception.ServiceUnavailable(reason='the compute host of the server is down')


def _expected(name):
    """Return what must hold of the server, besides its host, in the transaction that accepts."""
    rule = state_machine.ACTIONS[name]
    return {'vm_state': rule.expected_vm_states(), 'task_state': rule.expected_task_states()}
