# SPDX-License-Identifier: Apache-2.0
"""API: all that the rest of Nova asks of the network, whoever provides it.  Nova: nova/network/api.py.

Used by nova-api and nova-compute. `[network] backend` names the provider (entry points `mininova.network.backends`).
"""
from stevedore import driver

import mininova.conf
from mininova.network import floating_api
from mininova.objects.security_group import SecurityGroupList

CONF = mininova.conf.CONF


class API(floating_api.FloatingIPAPI):
    """Hands each question to the backend, which is loaded on first use."""

    def __init__(self):
        self._loaded = {}

    @property
    def _backend(self):
        name = CONF.network.backend
        if name not in self._loaded:
            self._loaded[name] = driver.DriverManager('mininova.network.backends', name, invoke_on_load=True).driver
        return self._loaded[name]

    @property
    def security_groups(self):
        """The backend's part of mininova.network.security_group_api.API."""
        return self._backend.security_groups

    def validate_networks(self, context, requested_networks, max_count):
        """Check a create request before it is accepted.

        :param requested_networks: objects.NetworkRequestList or None
        :param max_count: how many servers are wanted
        :returns: how many of them there are addresses for
        :raises NetworkNotFound, PortNotFound, FixedIpNotFoundForNetwork, FixedIpAlreadyInUse, NoMoreFixedIps,
            InvalidFixedIpAndMaxCountRequest: 400
        :raises NetworkAmbiguous: 'auto' with several networks, 409
        :raises UnableToAutoAllocateNetwork, NetworkRequiresSubnet, PortRequiresFixedIP, MultiplePortsNotApplicable: 400
        :raises PortInUse: 409
        :raises ExternalNetworkAttachForbidden, PortLimitExceeded: 403
        :raises NeutronConnectionFailed: 503
        """
        return self._backend.validate_networks(context, requested_networks, max_count)

    def refuse_too_few(self, fits, wanted):
        """Say why there is room in the networks for so many servers only.

        :raises NoMoreFixedIps: addresses are short, 400
        :raises PortLimitExceeded: the project's ports are short, 403
        """
        self._backend.refuse_too_few(fits, wanted)

    def allocate_for_instance(self, context, instance, requested_networks, security_groups=None):
        """Give a guest its cards and addresses and make its host ready for them; may be repeated.

        :param instance: its ``host`` must be set
        :returns: network.model.NetworkInfo; empty if it shall have no network
        """
        return self._backend.allocate_for_instance(context, instance, requested_networks, security_groups)

    def deallocate_for_instance(self, context, instance):
        """Take back all that the guest has; it must no longer run. May be repeated, never fails for what is gone.

        If nobody answers on the guest's host (after 20 s), the addresses stay the guest's until the host is back and
        finds that the guest was deleted: only there it is known that it does not run any more.
        """
        self._backend.deallocate_for_instance(context, instance)

    def deallocate_port_for_instance(self, context, instance, port_id):
        """Give a card's port back that the guest has no longer; its record is the caller's. May be repeated."""
        self._backend.deallocate_port_for_instance(context, instance, port_id)

    def setup_instance_on_host(self, context, instance, host=None):
        """Make ``instance.host`` ready for a guest that has its addresses: after a restart or a move. May be repeated.

        :param host: another host, to which an open migration record brings the guest
        :returns: network.model.NetworkInfo as it is on that host
        """
        return self._backend.setup_instance_on_host(context, instance, host)

    def prepare_instance_on_host(self, context, instance, host):
        """Make a host ready to which a guest is under way that runs on another one. May be repeated.

        Undone by `cleanup_instance_on_host`; `setup_instance_on_host` makes the host the guest's.

        :returns: network.model.NetworkInfo as it will be on that host
        """
        return self._backend.prepare_instance_on_host(context, instance, host)

    def give_instance_to_host(self, context, instance, host):
        """Write that a host serves a guest's addresses, without asking it: it finds that when it is back."""
        self._backend.give_instance_to_host(context, instance, host)

    def leave_on_dead_host(self, context, instance):
        """Take back what a guest has that is deleted while nobody answers on its host, as far as that is safe.

        The built-in network frees the addresses when the host is back: the guest may still run and use them.
        """
        self._backend.leave_on_dead_host(context, instance)

    def cleanup_instance_on_host(self, context, instance, host):
        """Make a host forget a guest that left it, or was shelved; the guest keeps its cards and addresses.

        May be repeated; does not fail when nobody answers there: the host finds out when it is back.
        """
        self._backend.cleanup_instance_on_host(context, instance, host)

    def refresh_instance_on_host(self, context, instance):
        """Make a guest's host serve exactly the cards and addresses that it has by now. May be repeated."""
        self._backend.refresh_instance_on_host(context, instance)

    def get_instance_nw_info(self, context, instance, attaching=None):
        """Ask for a guest's cards and addresses.

        :param attaching: id of a card that is included although it is only being attached
        :returns: network.model.NetworkInfo
        """
        return self._backend.get_instance_nw_info(context, instance, attaching)

    def refresh_security_groups(self, context, hosts):
        """Tell hosts that what the security groups of their guests let in has changed, without waiting.

        A host that does not hear it finds out by itself within `[network] reconcile_interval`.
        """
        self._backend.refresh_security_groups(context, hosts)

    def get_security_group_names(self, context, instance):
        """Return the names of a server's security groups, sorted."""
        found = self.security_groups.names_of_servers(context, [instance.uuid])
        return SecurityGroupList.get_names(context, instance.uuid) if found is None else found[instance.uuid]

    def choose_interface(self, context, instance, network_id=None, port_id=None, address=None):
        """Decide in which network a server that exists gets another card.

        :returns: what :meth:`reserve_interface` wants
        :raises NetworkNotFound, PortNotFound: 404
        :raises PortInUse: the port is a card of a server, 409
        :raises NetworkAmbiguous, InterfaceAttachFailedNoNetwork, FixedIpNotFoundForNetwork: 400
        """
        return self._backend.choose_interface(context, instance, network_id, port_id, address)

    def reserve_interface(self, context, instance, request, tag, expected, action):
        """Give a server a card that is to be attached, with the record of who asked for it.

        :param request: what :meth:`choose_interface` gave
        :param expected: {column: accepted values} of the instance
        :param action: columns of the action record
        :returns: the card's id
        :raises UnexpectedTaskStateError and its siblings: something else is being done to the server (409)
        :raises FixedIpAlreadyInUse, NoMoreFixedIps, FixedIpNotFoundForNetwork: no address can be had
        :raises PortLimitExceeded: (403)
        """
        return self._backend.reserve_interface(context, instance, request, tag, expected, action)

    def add_fixed_ip_to_instance(self, context, instance, network_id):
        """Give a server's first card in a network one more address; its host has to be told.

        :returns: the card's id; None if it has no card there that nothing is being done to
        :raises NoMoreFixedIps: (400)
        :raises NetworkNotFound: (404)
        """
        return self._backend.add_fixed_ip_to_instance(context, instance, network_id)

    def remove_fixed_ip_from_instance(self, context, instance, address):
        """Take an address from a server's card; its host has to be told.

        :returns: the card's id; None if the server does not have the address, '' if the card must keep it
        """
        return self._backend.remove_fixed_ip_from_instance(context, instance, address)

    def list_interfaces(self, context, instance):
        """List a server's cards, those too that come or go.

        :returns: dictionaries of port_id, net_id, mac_addr, fixed_ips ([{subnet_id, ip_address}]), port_state (None:
            that of the guest), tag and task (None: in its place)
        """
        return self._backend.list_interfaces(context, instance)

    def get_all(self, context):
        """List the networks the caller may use, as objects.NetworkList."""
        return self._backend.get_all(context)

    def get(self, context, network_id):
        """Give one network.

        :raises NetworkNotFound: 404
        """
        return self._backend.get(context, network_id)

    def get_fixed_ip_by_address(self, context, address):
        """Give the record of an address, as objects.FixedIP.

        :raises FixedIpNotFoundForAddress: 404
        """
        return self._backend.get_fixed_ip_by_address(context, address)

    def find_metadata_client(self, context, provider_id, address):
        """Tell which guest asks for its metadata through a load balancer of the network.

        :param provider_id: what the load balancer calls itself
        :param address: the guest's
        :returns: (instance uuid, project id)
        :raises MetadataClientUnknown: 400
        """
        return self._backend.find_metadata_client(context, provider_id, address)
