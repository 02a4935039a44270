# SPDX-License-Identifier: Apache-2.0
"""network_info as the network service describes a server's ports.

Nova: _build_network_info_model, _build_vif_model, _nw_info_build_network of nova/network/neutron.py.
"""
import mininova.conf
from mininova.network import model

CONF = mininova.conf.CONF

BRIDGE_PREFIX = 'brq'
DHCP_OWNER = 'network:dhcp'


class Surroundings:
    """What belongs to ports: their networks, subnets, floating addresses and DHCP servers.

    :param api: :class:`mininova.network.neutron.client.Client`
    :param ports: as the network service describes them
    """

    def __init__(self, context, api, ports):
        ids = {port['network_id'] for port in ports}
        subnet_ids = {fixed_ip['subnet_id'] for port in ports for fixed_ip in port['fixed_ips']}
        self.networks = {network['id']: network for network in api.list(context, 'networks', id=sorted(ids))}
        self.subnets = {subnet['id']: subnet for subnet in api.list(context, 'subnets', id=sorted(subnet_ids))}
        self.floating = {}
        if api.has_extension(context, 'router'):
            for found in api.list(context, 'floatingips', port_id=sorted(port['id'] for port in ports)):
                self.floating.setdefault((found['port_id'], found['fixed_ip_address']), []).append(
                    found['floating_ip_address'])
        self.dhcp = {}
        for port in api.list(context, 'ports', network_id=sorted(ids), device_owner=DHCP_OWNER):
            for fixed_ip in port['fixed_ips']:
                self.dhcp.setdefault(fixed_ip['subnet_id'], fixed_ip['ip_address'])


def build_vif(port, around, tag=None, preserve_on_delete=False):
    """Return a port as a network.model.VIF.

    :param around: :class:`Surroundings`
    """
    details = port.get('binding:vif_details') or {}
    vif_type = port.get('binding:vif_type')
    network = _network(port, around, vif_type, details)
    ovs = vif_type == model.VIF_TYPE_OVS
    return model.VIF(
        id=port['id'], address=port['mac_address'], network=network, type=vif_type, details=details,
        ovs_interfaceid=port['id'] if ovs else None, devname=model.device_name(port['id']),
        vnic_type=port.get('binding:vnic_type') or model.VNIC_TYPE_NORMAL, profile=port.get('binding:profile') or {},
        # A card that is switched off is never plugged: nobody waits for it.
        active=not port.get('admin_state_up', True) or port.get('status') == 'ACTIVE',
        preserve_on_delete=preserve_on_delete, **({'tag': tag} if tag else {}))


def _network(port, around, vif_type, details):
    network = around.networks.get(port['network_id']) or {'id': port['network_id']}
    bridge = details.get('bridge_name')
    more = {}
    if vif_type == model.VIF_TYPE_OVS:
        bridge = bridge or CONF.neutron.ovs_bridge
    elif vif_type == model.VIF_TYPE_BRIDGE:
        bridge = bridge or (BRIDGE_PREFIX + port['network_id'])[:model.NIC_NAME_LEN]
        more['should_create_bridge'] = True
    return model.Network(
        id=network['id'], bridge=bridge, label=network.get('name'), subnets=_subnets(port, around), injected=False,
        tenant_id=network.get('tenant_id'), mtu=network.get('mtu'),
        physical_network=network.get('provider:physical_network'),
        tunneled=network.get('provider:network_type') in ('vxlan', 'gre', 'geneve'), **more)


def _subnets(port, around):
    made = {}
    for fixed_ip in port['fixed_ips']:
        row = around.subnets.get(fixed_ip['subnet_id'])
        if row is None:
            continue
        subnet = made.setdefault(row['id'], _subnet(row, around))
        floating = around.floating.get((port['id'], fixed_ip['ip_address']), ())
        subnet.add_ip(model.FixedIP(fixed_ip['ip_address'], [model.IP(address, type='floating')
                                                             for address in floating]))
    return list(made.values())


def _subnet(row, around):
    gateway = row.get('gateway_ip')
    subnet = model.Subnet(
        cidr=row['cidr'], version=row['ip_version'], gateway=model.IP(gateway, type='gateway') if gateway else None,
        dns=[model.IP(address, type='dns') for address in row.get('dns_nameservers') or ()],
        routes=[model.Route(cidr=route['destination'], gateway=model.IP(route['nexthop'], type='gateway'))
                for route in row.get('host_routes') or ()])
    if row.get('ipv6_address_mode'):
        subnet['meta']['ipv6_address_mode'] = row['ipv6_address_mode']
    if row.get('enable_dhcp') and row['id'] in around.dhcp:
        subnet['meta']['dhcp_server'] = around.dhcp[row['id']]
    return subnet
