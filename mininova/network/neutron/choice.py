# SPDX-License-Identifier: Apache-2.0
"""Which networks and ports a server can have, checked before anything is made.

Nova: validate_networks, _get_available_networks, _can_auto_allocate_network of nova/network/neutron.py.
"""
import ipaddress

from mininova import exception
from mininova.policies import servers as policies

AUTO_ALLOCATE = 'auto-allocated-topology'


class Choice:
    """Part of :class:`mininova.network.neutron.backend.NeutronBackend`."""

    def available_networks(self, context, project_id, ids=None):
        """List the networks a project may use, in the order in which they were given if `ids` are."""
        if ids is not None:
            wanted = set(ids)
            found = self.client.list(context, 'networks', as_caller=True, id=sorted(wanted))
            by_id = {network['id']: network for network in found if context.is_admin or _is_usable(network, project_id)}
            return [by_id[network_id] for network_id in dict.fromkeys(ids) if network_id in by_id]
        own = self.client.list(context, 'networks', as_caller=True, tenant_id=project_id)
        shared = self.client.list(context, 'networks', as_caller=True, shared='True')
        found = {network['id']: network for network in [*own, *shared]}
        # Nobody said anything: a network outside of the cloud is not meant.
        return [network for network in found.values() if not network.get('router:external')]

    def validate_networks(self, context, requested_networks, max_count):
        project_id = context.project_id
        if requested_networks and requested_networks.no_allocate:
            return max_count
        if _says_nothing(requested_networks):
            needed = len(self.only_network(context, project_id, auto=bool(requested_networks)))
        else:
            self._validate_requests(context, project_id, requested_networks, max_count)
            needed = sum(1 for request in requested_networks if not request.port_id)
        return self._fits(context, project_id, needed, max_count)

    def only_network(self, context, project_id, auto=False, needed=False, dry_run=True):
        """Return the one network of a project in a list, an empty one if it has none and none is needed.

        :param auto: one is made if there is none
        :param needed: it must be there
        :param dry_run: with `auto` only look whether a network could be made
        :raises NetworkAmbiguous: (409)
        :raises UnableToAutoAllocateNetwork, NetworkRequiresSubnet, NetworkNotFound: (400)
        """
        networks = self.available_networks(context, project_id)
        if len(networks) > 1:
            raise exception.NetworkAmbiguous()
        if networks:
            require_usable(context, networks[0])
        elif auto:
            return [self._auto_allocate(context, project_id, dry_run)]
        elif needed:
            raise exception.NetworkNotFound(network_id='(any)', code=400)
        return networks

    def _auto_allocate(self, context, project_id, dry_run):
        """Have the network service make what a project needs to reach the world; a repeat finds it."""
        query = [('fields', 'dry-run')] if dry_run else None
        try:
            if self.client.has_extension(context, AUTO_ALLOCATE):
                made = self.client.request(context, 'GET', f'{AUTO_ALLOCATE}/{project_id}', query=query)
                network_id = made['auto_allocated_topology']['id']
                return {'id': network_id} if dry_run else self.client.show(context, 'networks', network_id)
        except exception.NeutronRefused as error:
            raise exception.UnableToAutoAllocateNetwork(project_id=project_id) from error
        raise exception.UnableToAutoAllocateNetwork(project_id=project_id)

    def _validate_requests(self, context, project_id, requested_networks, max_count):
        brought = [request.port_id for request in requested_networks if request.port_id]
        twice = next((port_id for port_id in brought if brought.count(port_id) > 1), None)
        if twice:
            raise exception.InvalidInput(reason=f'Port {twice} is asked for twice, but can be one card only.')
        ids = [self._validate_request(context, project_id, request, max_count) for request in requested_networks]
        networks = self.available_networks(context, project_id, [network_id for network_id in ids if network_id])
        found = {network['id']: network for network in networks}
        for request, network_id in zip(requested_networks, ids, strict=True):
            if network_id and network_id not in found and not request.port_id:
                raise exception.NetworkNotFound(network_id=network_id, code=400)
            if network_id and not request.port_id:
                require_usable(context, found[network_id])
                self._check_address(context, found[network_id], request.address)

    def _validate_request(self, context, project_id, request, max_count):
        """Return the id of the network that one request is about, None for any."""
        if request.port_id:
            if max_count > 1:
                raise exception.MultiplePortsNotApplicable(
                    reason='Unable to launch multiple instances with a single configured port ID. Please launch '
                           'your instance one by one with different ports.')
            return self.usable_port(context, project_id, request.port_id, code=400)['network_id']
        if request.address and max_count > 1:
            raise exception.InvalidFixedIpAndMaxCountRequest(
                reason='max_count cannot be greater than 1 if a fixed_ip is specified.')
        if not request.network_id:
            return self.only_network(context, project_id, needed=True)[0]['id']
        return request.network_id

    def _check_address(self, context, network, address):
        """Look whether an address can be had.

        :raises FixedIpNotFoundForNetwork, FixedIpAlreadyInUse: (400)
        """
        if not address:
            return
        subnets = self.client.list(context, 'subnets', network_id=network['id'])
        if not any(_is_host_of(ipaddress.ip_address(address), ipaddress.ip_network(subnet['cidr']))
                   for subnet in subnets):
            raise exception.FixedIpNotFoundForNetwork(address=address, network_uuid=network['id'])
        if self.client.list(context, 'ports', network_id=network['id'], fixed_ips=f'ip_address={address}'):
            raise exception.FixedIpAlreadyInUse(f'Fixed IP address {address} is already in use.')

    def usable_port(self, context, project_id, port_id, instance_uuid=None, code=None):
        """Return a port of a project that nobody has.

        :param instance_uuid: the server that may have it already
        :param code: status of PortNotFound: 400 for a body of a create, 404 elsewhere
        :raises PortNotFound: unknown, or another project's
        :raises PortInUse: (409)
        :raises PortRequiresFixedIP: (400)
        """
        try:
            port = self.client.show(context, 'ports', port_id)
        except exception.NeutronRefused as error:
            raise _port_not_found(port_id, code) from error
        if (port.get('project_id') or port.get('tenant_id')) != project_id:
            raise _port_not_found(port_id, code)
        if port.get('device_id') and port['device_id'] != instance_uuid:
            raise exception.PortInUse(port_id=port_id)
        if not port.get('fixed_ips') and port.get('ip_allocation', 'immediate') == 'immediate':
            raise exception.PortRequiresFixedIP(port_id=port_id)
        return port

    def _fits(self, context, project_id, needed, max_count):
        """Return for how many servers the project may have ports.

        :raises PortLimitExceeded: it has more than it may (403)
        """
        if not needed:
            return max_count
        quota = self.client.show(context, 'quotas', project_id).get('port', -1)
        if quota < 0:
            return max_count
        present = len(self.client.list(context, 'ports', tenant_id=project_id, fields='id'))
        if present > quota:
            raise exception.PortLimitExceeded(f'The number of defined ports: {present} is over the limit: {quota}')
        return min(max_count, (quota - present) // needed)

    def refuse_too_few(self, fits, wanted):
        raise exception.PortLimitExceeded(
            f'The project may have ports for {fits} more servers only; {wanted} were asked for.')


def _says_nothing(requested_networks):
    return not requested_networks or requested_networks.auto_allocate


def _is_usable(network, project_id):
    owner = network.get('project_id') or network.get('tenant_id')
    return owner == project_id or network.get('shared') or network.get('router:external')


def require_usable(context, network):
    """Refuse a network that no server can be in.

    :raises NetworkRequiresSubnet: (400)
    :raises ExternalNetworkAttachForbidden: (403)
    """
    if network.get('router:external') and not network.get('shared') and not context.can(
            policies.ATTACH_EXTERNAL_NETWORK, fatal=False):
        raise exception.ExternalNetworkAttachForbidden(network_uuid=network['id'])
    if network.get('subnets') == []:
        raise exception.NetworkRequiresSubnet(network_uuid=network['id'])


def _is_host_of(address, network):
    """Tell whether an address of a network can be a card's: none of the two that IPv4 keeps for the network itself."""
    reserved = network.version == 4 and network.prefixlen < 31 and address in (network[0], network[-1])
    return address in network and not reserved


def _port_not_found(port_id, code):
    return exception.PortNotFound(port_id=port_id, **({'code': code} if code else {}))
