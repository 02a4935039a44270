# SPDX-License-Identifier: Apache-2.0
"""Which guest is behind an address that the metadata service is asked from.  Runs in nova-api-metadata.

Guests of networks with IPv6 ask from an address that they make of their card's MAC and that is in no pool; the host
lets no packet pass whose sender is made of another MAC than the card's own. Guests behind the load balancer of an SDN
product are found as the network service knows them.
Nova: get_metadata_by_address of nova/api/metadata/base.py, _get_instance_id_from_lb of nova/api/metadata/handler.py
"""
import ipaddress

from mininova import exception
from mininova.objects.virtual_interface import VirtualInterface


def find_guest(context, network_api, address):
    """Return the uuid of the guest that has an address, None if nobody has it.

    :param address: text; an IPv4 address, or an IPv6 one without zone
    """
    mac = mac_of(address)
    if mac is not None:
        instance_uuid = VirtualInterface.find_owner(context, mac, None if is_link_local(address) else address)
        if instance_uuid is not None or is_link_local(address):
            return instance_uuid
    try:
        fixed_ip = network_api.get_fixed_ip_by_address(context, address)
    except exception.FixedIpNotFoundForAddress:
        return None
    return fixed_ip.instance_uuid if getattr(fixed_ip, 'allocated', True) else None


def mac_of(address):
    """Return the MAC of which an IPv6 address is made (EUI-64, RFC 4291 appendix A), None for any other address."""
    try:
        identifier = ipaddress.IPv6Address(address).packed[8:]
    except ValueError:
        return None
    if identifier[3:5] != b'\xff\xfe':
        return None
    return ':'.join(f'{octet:02x}' for octet in bytes([identifier[0] ^ 0x02]) + identifier[1:3] + identifier[5:])


def is_link_local(address):
    """Say whether an address counts on its own cable only."""
    return ipaddress.ip_address(address).is_link_local


def find_client(list_subnets, list_ports, provider_id, address):
    """Find the guest that asks through a load balancer.

    Networks with the same addresses cannot have the same provider, so provider and address name one port.

    :param list_subnets: function that asks the network service, list_subnets(fields=..., **filters) -> [dictionary]
    :param list_ports: the same for ports
    :param provider_id: what the load balancer calls itself
    :param address: the guest's
    :returns: (instance uuid, project id)
    :raises MetadataClientUnknown: the provider serves no network, or not one port has the address
    """
    subnets = list_subnets(advanced_service_providers=[provider_id], fields=['network_id'])
    networks = sorted({subnet['network_id'] for subnet in subnets})
    if not networks:
        raise exception.MetadataClientUnknown(f'Could not find any subnets for provider {provider_id}')
    ports = list_ports(fixed_ips=f'ip_address={address}', network_id=networks, fields=['device_id', 'tenant_id'])
    if len(ports) != 1:
        raise exception.MetadataClientUnknown(
            f'Expected a single port matching provider {provider_id} and IP {address}. Found {len(ports)}.')
    return ports[0]['device_id'], ports[0]['tenant_id']
