# SPDX-License-Identifier: Apache-2.0
"""Floating addresses of the network service, for the proxies and actions until 2.43.

Nova: the floating IP parts of nova/network/neutron.py.  Pools are external networks.
"""
from oslo_utils import uuidutils

import mininova.conf
from mininova import exception
from mininova.network.neutron import client
from mininova.objects.floating_ip import FloatingIP, FloatingIPList

CONF = mininova.conf.CONF


class NeutronFloatingIPs:
    """Part of :class:`mininova.network.neutron.backend.NeutronBackend`."""

    def get_floating_ip_pools(self, context):
        return [network['name'] or network['id'] for network in self._pools(context)]

    def _pools(self, context, **filters):
        return self.client.list(context, 'networks', as_caller=True, **{'router:external': 'True'}, **filters)

    def get_floating_ips_by_project(self, context):
        found = self.client.list(context, 'floatingips', tenant_id=context.project_id)
        pools = {network['id']: network for network in self._pools(context)}
        ports = self.client.list(context, 'ports', id=sorted({entry['port_id'] for entry in found if entry['port_id']}))
        devices = {port['id']: port['device_id'] for port in ports}
        return FloatingIPList(objects=[_object(context, entry, pools, devices) for entry in found])

    def get_floating_ip(self, context, floating_ip_id):
        try:
            entry = self.client.show(context, 'floatingips', floating_ip_id)
        except exception.NeutronRefused as error:
            raise exception.FloatingIpNotFound(id=floating_ip_id) from error
        if not _is_visible(context, entry):
            raise exception.FloatingIpNotFound(id=floating_ip_id)
        return self._complete(context, entry)

    def get_floating_ip_by_address(self, context, address):
        return self._complete(context, self._by_address(context, address))

    def _by_address(self, context, address):
        found = [entry for entry in self.client.list(context, 'floatingips', floating_ip_address=address)
                 if _is_visible(context, entry)]
        if not found:
            raise exception.FloatingIpNotFoundForAddress(address=address)
        if len(found) > 1:
            raise exception.NoUniqueMatch(f'Multiple floating IP addresses are {address}.')
        return found[0]

    def _complete(self, context, entry):
        pools = {network['id']: network for network in self._pools(context, id=[entry['floating_network_id']])}
        ids = [entry['port_id']] if entry['port_id'] else []
        devices = {port['id']: port['device_id'] for port in self.client.list(context, 'ports', id=ids)}
        return _object(context, entry, pools, devices)

    def allocate_floating_ip(self, context, pool=None):
        pool = pool or CONF.neutron.default_floating_pool
        networks = self._pools(context, **{'id' if uuidutils.is_uuid_like(pool) else 'name': pool})
        if not networks:
            raise exception.FloatingIpPoolNotFound(pool=pool)
        if len(networks) > 1:
            raise exception.NoUniqueMatch(f'Multiple floating IP pools are called {pool}.')
        values = {'floating_network_id': networks[0]['id'], 'tenant_id': context.project_id}
        try:
            entry = self.client.create(context, 'floatingips', 'floatingip', values)
        except exception.NeutronRefused as error:
            if client.refused_for(error, 'OverQuota'):
                raise exception.FloatingIpLimitExceeded(pool=pool) from error
            if client.refused_for(error, 'IpAddressGenerationFailure', 'ExternalIpAddressExhausted'):
                raise exception.NoMoreFloatingIps(pool=pool) from error
            raise
        return _object(context, entry, {networks[0]['id']: networks[0]}, {})

    def disassociate_and_release_floating_ip(self, context, floating_ip):
        self.client.delete(context, 'floatingips', floating_ip.uuid)

    def associate_floating_ip(self, context, instance, floating_address, fixed_address):
        entry = self._by_address(context, floating_address)
        for port in self.ports_of(context.elevated(), instance.uuid).values():
            if any(fixed_ip['ip_address'] == fixed_address for fixed_ip in port['fixed_ips']):
                self._lead(context, entry, {'port_id': port['id'], 'fixed_ip_address': fixed_address})
                return
        raise exception.FixedIpNotFoundForInstance(ip=fixed_address, instance_uuid=instance.uuid)

    def disassociate_floating_ip(self, context, instance, address):
        entry = self._by_address(context, address)
        if not entry['port_id'] or entry['port_id'] not in self.ports_of(context.elevated(), instance.uuid):
            raise exception.FloatingIpNotAssociated(address=address, instance_uuid=instance.uuid)
        self._lead(context, entry, {'port_id': None})

    def _lead(self, context, entry, values):
        """Let an address lead somewhere; the server's host hears of it by the event network-changed."""
        try:
            self.client.update(context, 'floatingips', entry['id'], 'floatingip', values)
        except exception.NeutronRefused as error:
            if error.code == 409:
                raise exception.FloatingIpAssociated(address=entry['floating_ip_address'], code=400) from error
            if error.code == 404:
                # E.g. no router leads from the pool to the server's network.
                raise exception.InvalidInput(reason=error.format_message()) from error
            raise


def _is_visible(context, entry):
    return context.is_admin or (entry.get('project_id') or entry.get('tenant_id')) == context.project_id


def _object(context, entry, pools, devices):
    """Return objects.FloatingIP.

    :param pools: {id: network}
    :param devices: {port: server}
    """
    pool = pools.get(entry['floating_network_id'], {})
    row = dict.fromkeys(FloatingIP.fields)
    row.update(uuid=entry['id'], address=entry['floating_ip_address'], project_id=entry.get('tenant_id'),
               pool=pool.get('name') or entry['floating_network_id'], fixed_address=entry['fixed_ip_address'],
               instance_uuid=devices.get(entry['port_id']) or None, auto_assigned=False)
    return FloatingIP._from_row(context, row)
