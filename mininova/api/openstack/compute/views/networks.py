# SPDX-License-Identifier: Apache-2.0
"""How networks are shown, as nova-network did.

Nova: ``network_dict`` of nova/api/openstack/compute/networks.py (Newton).
"""
import netaddr

FIELDS = ('cidr', 'gateway', 'dns1', 'dns2', 'cidr_v6', 'gateway_v6', 'label')
ADMIN_FIELDS = ('injected', 'bridge', 'vlan', 'dhcp_start', 'project_id', 'host', 'bridge_interface', 'multi_host',
                'priority', 'mtu', 'enable_dhcp')
# nova-network had values for these; none of our networks has.
NEVER = ('deleted_at', 'vpn_public_address', 'vpn_public_port', 'vpn_private_address', 'rxtx_base', 'dhcp_server')


class ViewBuilder:
    """Networks as Network objects; users see what they need to choose one, administrators all."""

    def index(self, context, networks):
        return {'networks': [self._one(context, network) for network in networks]}

    def show(self, context, network):
        return {'network': self._one(context, network)}

    def _one(self, context, network):
        shown = {'id': network.uuid, **{name: getattr(network, name) for name in FIELDS}}
        shown.update(netmask=None, broadcast=None, netmask_v6=None)
        if network.cidr:
            parsed = netaddr.IPNetwork(network.cidr)
            shown.update(netmask=str(parsed.netmask), broadcast=str(parsed.broadcast))
        if network.cidr_v6:
            shown['netmask_v6'] = str(netaddr.IPNetwork(network.cidr_v6).prefixlen)
        if context.is_admin:
            shown.update({name: getattr(network, name) for name in ADMIN_FIELDS}, **dict.fromkeys(NEVER))
            shown.update(deleted=False, share_address=False, created_at=_time(network.created_at),
                         updated_at=_time(network.updated_at))
        return shown


def _time(moment):
    return moment and moment.isoformat(timespec='microseconds')
