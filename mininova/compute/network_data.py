# SPDX-License-Identifier: Apache-2.0
"""network_data.json: a guest's cards, addresses and name servers, as cloud-init and its like set them up.

Plain data from network.model.NetworkInfo; no input or output. Of each card the first IPv4 and the first IPv6 range is
told, as Nova does. Nova: get_network_metadata of nova/virt/netutils.py
"""
import ipaddress

from mininova.network import model

# Kinds of cards that guests are told; all others are 'phy' to them.
TOLD_TYPES = frozenset((model.VIF_TYPE_BRIDGE, model.VIF_TYPE_OVS, 'dvs', 'hw_veb', 'hyperv', 'tap', 'vhostuser',
                        'vif'))


def network_data(network_info):
    """Describe a guest's cards and addresses.

    :param network_info: network.model.NetworkInfo
    :returns: {links, networks, services}, {} for a guest without cards
    """
    if not network_info:
        return {}
    links, networks, services = [], [], []
    for vif in network_info:
        subnets = _first_subnets(vif)
        if not subnets:
            continue
        link = _link(vif, f'interface{len(links)}')
        links.append(link)
        for subnet in subnets:
            if subnet['ips']:
                networks.append(_network(f'network{len(networks)}', link['id'], vif['network'], subnet))
                services += [server for server in _name_servers(subnet) if server not in services]
    return {'links': links, 'networks': networks, 'services': services}


def _first_subnets(vif):
    """The first IPv4 and the first IPv6 range of a card."""
    first = {}
    for subnet in vif['network']['subnets'] if vif['network'] else ():
        first.setdefault(subnet['version'], subnet)
    return [first[version] for version in (4, 6) if version in first]


def _link(vif, default_name):
    # A DHCP server tells the MTU itself.
    by_dhcp = any(subnet.get_meta('dhcp_server') for subnet in vif['network']['subnets'])
    return {'id': vif['devname'] or default_name, 'vif_id': vif['id'],
            'type': vif['type'] if vif['type'] in TOLD_TYPES else 'phy', 'mtu': None if by_dhcp else vif.mtu,
            'ethernet_mac_address': vif['address']}


def _network(identity, link, network, subnet):
    version, mode = subnet['version'], subnet.get_meta('ipv6_address_mode')
    entry = {'id': identity, 'type': f'ipv{version}_{mode}' if mode else f'ipv{version}', 'link': link,
             'network_id': network['id']}
    if not mode and (subnet.get_meta('dhcp_server') or subnet.get_meta('enable_dhcp')):
        return dict(entry, type=f'ipv{version}_dhcp')
    return dict(entry, ip_address=subnet['ips'][0]['address'], netmask=subnet.netmask(), routes=_routes(subnet),
                services=_name_servers(subnet))


def _routes(subnet):
    """The default route and the others of a range."""
    anywhere = '::' if subnet['version'] == 6 else '0.0.0.0'
    gateway = (subnet['gateway'] or {}).get('address')
    found = [{'network': anywhere, 'netmask': anywhere, 'gateway': gateway}] if gateway else []
    for route in subnet['routes']:
        target = ipaddress.ip_network(route['cidr'], strict=False)
        found.append({'network': str(target.network_address), 'netmask': str(target.netmask),
                      'gateway': route['gateway']['address']})
    return found


def _name_servers(subnet):
    return [{'type': 'dns', 'address': server['address']} for server in subnet['dns']]
