# SPDX-License-Identifier: Apache-2.0
"""The addresses of a server by network.  Nova: nova/api/openstack/compute/views/addresses.py."""


def by_network(network_info, extended=True):
    """Return {label: [{'version', 'addr', ...}]}.

    :param network_info: the stored document (see mininova.network.model), or None
    :param extended: add kind and MAC address
    """
    found = {}
    for vif in network_info or ():
        shown = found.setdefault(vif['network']['label'], [])
        for subnet in vif['network']['subnets']:
            for address in subnet['ips']:
                shown.append(_address(address, vif, extended))
                shown.extend(_address(floating, vif, extended) for floating in address.get('floating_ips', ()))
    return found


def _address(address, vif, extended):
    shown = {'version': address['version'], 'addr': address['address']}
    if extended:
        shown['OS-EXT-IPS:type'] = address.get('type', 'fixed')
        shown['OS-EXT-IPS-MAC:mac_addr'] = vif['address']
    return shown
