# SPDX-License-Identifier: Apache-2.0
"""How a guest is wired, as plain data that survives JSON: what every process passes around as network_info.

Used by all processes; imports nothing of ours (rank 0) and does no input or output.
Shapes are Nova's, so a network_info written here reads like one in any article.
Nova: nova/network/model.py
"""

import ipaddress
import json

VIF_TYPE_BRIDGE = 'bridge'
VIF_TYPE_OVS = 'ovs'
VIF_TYPE_OTHER = 'other'

VNIC_TYPE_NORMAL = 'normal'

NIC_NAME_PREFIX = 'tap'
NIC_NAME_LEN = 14  # the kernel's limit is 15 characters; tap + 11 of the UUID

VIF_MODEL_VIRTIO = 'virtio'
VIF_MODELS = ('virtio', 'ne2k_pci', 'pcnet', 'rtl8139', 'e1000', 'e1000e', 'igb', 'lan9118',
              'spapr-vlan', 'sriov', 'vmxnet3')


def _version(address):
    """4 or 6 for an address or prefix, None for no address."""
    if not address:
        return None
    return ipaddress.ip_interface(address).version


def device_name(vif_id):
    """Name the host-side device of a card: tap and the first 11 characters of its id."""
    return (NIC_NAME_PREFIX + vif_id)[:NIC_NAME_LEN]


def slaac_address(cidr, mac):
    """Give the address that a card makes for itself in an IPv6 range of 64 bits (EUI-64, RFC 4291 appendix A)."""
    octets = bytes.fromhex(mac.replace(':', ''))
    identifier = bytes([octets[0] ^ 0x02]) + octets[1:3] + b'\xff\xfe' + octets[3:]
    return str(ipaddress.IPv6Network(cidr)[int.from_bytes(identifier, 'big')])


class Model(dict):
    """A dict whose rarely used facts live in a sub-dict called meta."""

    def _set_meta(self, kwargs):
        meta = dict(kwargs.pop('meta', None) or {})
        meta.update(kwargs)
        self['meta'] = meta

    def get_meta(self, key, default=None):
        """Give one fact of meta, or the default."""
        return self['meta'].get(key, default)


class IP(Model):
    """One address that is not a guest's own: a gateway or a name server."""

    def __init__(self, address=None, type=None, version=None, **kwargs):
        super().__init__()
        self['address'] = address
        self['type'] = type
        self['version'] = version or _version(address)
        self._set_meta(kwargs)

    def is_in_subnet(self, subnet):
        """Say whether the address lies in a Subnet's cidr."""
        if not self['address'] or not subnet['cidr']:
            return False
        return ipaddress.ip_address(self['address']) in ipaddress.ip_network(subnet['cidr'], strict=False)

    @classmethod
    def hydrate(cls, data):
        """Rebuild from what JSON gave; None stays None."""
        return cls(**data) if data else None


class FixedIP(IP):
    """An address of a guest's card, with the floating addresses that lead to it."""

    def __init__(self, address=None, floating_ips=None, type='fixed', version=None, **kwargs):
        super().__init__(address=address, type=type, version=version, **kwargs)
        self['floating_ips'] = [IP.hydrate(ip) for ip in floating_ips or []]

    def add_floating_ip(self, floating_ip):
        """Add a floating address unless it is there."""
        if floating_ip not in self['floating_ips']:
            self['floating_ips'].append(floating_ip)

    def floating_ip_addresses(self):
        """List the floating addresses as text."""
        return [ip['address'] for ip in self['floating_ips']]


class Route(Model):
    """One route a guest is told of: cidr through gateway (an IP)."""

    def __init__(self, cidr=None, gateway=None, interface=None, **kwargs):
        super().__init__()
        self['cidr'] = cidr
        self['gateway'] = gateway
        self['interface'] = interface
        self._set_meta(kwargs)

    @classmethod
    def hydrate(cls, data):
        """Rebuild from what JSON gave."""
        return cls(**dict(data, gateway=IP.hydrate(data.get('gateway'))))


class Subnet(Model):
    """An address range of a network, with this guest's addresses in it (ips)."""

    def __init__(self, cidr=None, dns=None, gateway=None, ips=None, routes=None, version=None, **kwargs):
        super().__init__()
        self['cidr'] = cidr
        self['dns'] = dns or []
        self['gateway'] = gateway
        self['ips'] = ips or []
        self['routes'] = routes or []
        self['version'] = version or _version(cidr)
        self._set_meta(kwargs)

    def as_netaddr(self):
        """The range as an ipaddress network."""
        return ipaddress.ip_network(self['cidr'], strict=False)

    def netmask(self):
        """The mask in dotted form (IPv6: the full address form)."""
        return str(self.as_netaddr().netmask)

    def broadcast(self):
        """The broadcast address as text."""
        return str(self.as_netaddr().broadcast_address)

    def add_ip(self, ip):
        """Add an address unless it is there."""
        if ip not in self['ips']:
            self['ips'].append(ip)

    def add_dns(self, dns):
        """Add a name server unless it is there."""
        if dns not in self['dns']:
            self['dns'].append(dns)

    def add_route(self, route):
        """Add a route unless it is there."""
        if route not in self['routes']:
            self['routes'].append(route)

    @classmethod
    def hydrate(cls, data):
        """Rebuild from what JSON gave, its addresses and routes too."""
        return cls(**dict(
            data, gateway=IP.hydrate(data.get('gateway')),
            dns=[IP.hydrate(ip) for ip in data.get('dns') or []],
            ips=[FixedIP(**ip) for ip in data.get('ips') or []],
            routes=[Route.hydrate(route) for route in data.get('routes') or []]))


class Network(Model):
    """A network as one card sees it. meta: mtu, injected, tenant_id, network_id, multi_host..."""

    def __init__(self, id=None, bridge=None, label=None, subnets=None, **kwargs):
        super().__init__()
        self['id'] = id
        self['bridge'] = bridge
        self['label'] = label
        self['subnets'] = subnets or []
        self._set_meta(kwargs)

    def add_subnet(self, subnet):
        """Add a range unless it is there."""
        if subnet not in self['subnets']:
            self['subnets'].append(subnet)

    @classmethod
    def hydrate(cls, data):
        """Rebuild from what JSON gave, its ranges too."""
        if not data:
            return None
        return cls(**dict(data, subnets=[Subnet.hydrate(subnet) for subnet in data.get('subnets') or []]))


class VIF(Model):
    """A virtual card: its MAC, its network with this guest's addresses, and how it is plugged."""

    def __init__(self, id=None, address=None, network=None, type=None, details=None, devname=None,
                 ovs_interfaceid=None, qbh_params=None, qbg_params=None, active=False,
                 vnic_type=VNIC_TYPE_NORMAL, profile=None, preserve_on_delete=False,
                 delegate_create=False, **kwargs):
        super().__init__()
        self['id'] = id
        self['address'] = address
        self['network'] = network
        self['type'] = type
        self['details'] = details or {}
        self['devname'] = devname or (device_name(id) if id else None)
        self['ovs_interfaceid'] = ovs_interfaceid
        self['qbh_params'] = qbh_params
        self['qbg_params'] = qbg_params
        self['active'] = active
        self['vnic_type'] = vnic_type
        self['profile'] = profile or {}
        self['preserve_on_delete'] = preserve_on_delete
        self['delegate_create'] = delegate_create
        self._set_meta(kwargs)

    @property
    def mtu(self):
        """The MTU of the card's network in bytes, None when it is the default."""
        return self['network'].get_meta('mtu') if self['network'] else None

    def fixed_ips(self):
        """List this card's FixedIPs over all ranges."""
        if not self['network']:
            return []
        return [ip for subnet in self['network']['subnets'] for ip in subnet['ips']]

    def floating_ips(self):
        """List the floating IPs that lead to this card."""
        return [ip for fixed in self.fixed_ips() for ip in fixed['floating_ips']]

    def labeled_ips(self):
        """Give {network_label, network_id, ips} for address views, None without a network."""
        if not self['network']:
            return None
        return {'network_label': self['network']['label'], 'network_id': self['network']['id'],
                'ips': self.fixed_ips()}

    def get_tag(self):
        """The tag given at boot (microversion 2.32), or None."""
        return self.get_meta('tag')

    @classmethod
    def hydrate(cls, data):
        """Rebuild from what JSON gave, network and addresses too."""
        return cls(**dict(data, network=Network.hydrate(data.get('network'))))


class NetworkInfo(list):
    """All cards of one guest, in the order the guest shall see them."""

    def fixed_ips(self):
        """List the FixedIPs of all cards."""
        return [ip for vif in self for ip in vif.fixed_ips()]

    def floating_ips(self):
        """List the floating IPs of all cards."""
        return [ip for vif in self for ip in vif.floating_ips()]

    @classmethod
    def hydrate(cls, network_info):
        """Rebuild from JSON text or from the list it holds; None gives no cards."""
        if isinstance(network_info, str | bytes):
            network_info = json.loads(network_info)
        return cls([VIF.hydrate(vif) for vif in network_info or []])

    def json(self):
        """The whole as JSON text; hydrate() takes it back."""
        return json.dumps(self)

    def plain(self):
        """The whole as plain lists and dictionaries, for a database column or an RPC message.

        Over RPC only plain data passes: the serializer rebuilds every dictionary from its items.
        """
        return json.loads(self.json())
