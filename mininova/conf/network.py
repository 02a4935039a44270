# SPDX-License-Identifier: Apache-2.0
"""Options of the built-in network: nova-network and its parts.  Nova: nova/conf/network.py (Newton).

Nova-network's options lived in [DEFAULT] and keep their names there; what Nova has no word for is in [network].
"""
from oslo_config import cfg

from mininova.conf import paths

DEFAULT_OPTS = [
    cfg.StrOpt('networks_path', default=paths.state_path_def('networks'), help="""
Directory of the DHCP servers' files: leases, host lists, process ids. It must survive a reboot, or
guests are given a lease only because their address is written in the database."""),
    cfg.IntOpt('dhcp_lease_time', default=86400, min=120, help="""
Seconds a guest may use its address before it asks again. Guests renew at half of it."""),
    cfg.MultiStrOpt('dns_server', default=[], help="""
Name server that the host's DHCP server forwards guests' questions to; may be given several times. Unset: those of the
host's resolv.conf. Has no effect on a network that was created with name servers of its own."""),
    cfg.StrOpt('dnsmasq_config_file', default='', help="""
Configuration file that dnsmasq reads besides its command line, e.g. to add DHCP options. Empty: none."""),
    cfg.HostAddressOpt('metadata_host', default='$my_ip', help="""
Address that guests' requests to 169.254.169.254 are sent to. It should be on the guests' own host: the metadata
service knows a guest by its source address, which is lost when the packet is translated on its way."""),
    cfg.PortOpt('metadata_port', default=8775, help="""
Port of the metadata service at `metadata_host`; must equal its `metadata_listen_port`."""),
    cfg.IntOpt('fixed_ip_disassociate_timeout', default=60, min=0, help="""
Seconds after which the address of a deleted guest is given out again although its DHCP lease was not seen to end.
(An address whose lease ended is free at once.)"""),
    cfg.StrOpt('dhcpbridge', help="""
Program that dnsmasq starts whenever a lease is given, renewed or ended: the path of `nova-dhcpbridge`, which tells
nova-network. Unset: nova-network reads the lease files itself each `[network] reconcile_interval`, which is as
reliable and saves a process per lease."""),
    cfg.StrOpt('dhcpbridge_flagfile', default='/etc/nova/nova.conf', help="""
Configuration file that nova-dhcpbridge reads."""),
    cfg.StrOpt('default_floating_pool', default='nova', help="""
Pool from which a floating address is taken when none is named; `nova-manage floating create` adds to it."""),
    cfg.BoolOpt('auto_assign_floating_ip', default=False, help="""
Whether each new server gets a floating address of `default_floating_pool` that comes and goes with it. Read by
nova-network. A server for which there is none left cannot be built."""),
    cfg.StrOpt('public_interface', default='eth0', help="""
Device of this host to which floating addresses are bound, unless they were created with a device of their own."""),
    cfg.IntOpt('send_arp_for_ha_count', default=3, min=0, help="""
How often the neighbours are told (gratuitous ARP) that a floating address is at this host now; 0: not at all."""),
    cfg.StrOpt('rootwrap_config', default='/etc/nova/rootwrap.conf', help="""
Configuration file of nova-rootwrap, through which a service that is not root starts its privileged helper."""),
    cfg.IntOpt('create_unique_mac_address_attempts', default=5, min=1, help="""
How many random MAC addresses are tried before the creation of a server fails because they are all taken."""),
]

NETWORK_OPTS = [
    cfg.StrOpt('backend', default='builtin', help="""
Who gives guests their network: the name of an entry point in `mininova.network.backends`."""),
    cfg.BoolOpt('manage_host', default=True, help="""
Whether nova-network makes bridges, DHCP servers and packet rules on this host, for which it needs root rights.
False: addresses are only given out in the database, for the fake driver and for tests."""),
    cfg.IntOpt('reconcile_interval', default=10, min=1, help="""
Seconds between two looks at the host's bridges, DHCP servers and rules; what is missing is made again.
A DHCP server that dies is back after at most this time."""),
    cfg.IntOpt('sync_interval', default=30, min=1, help="""
Seconds between two comparisons of the host with the database: addresses of guests that no longer exist are freed."""),
    cfg.BoolOpt('restrict_guests', default=True, help="""
Whether guests may reach nothing on their host but DHCP, DNS, ICMP and the metadata service. Set it to false
when guests must use a service of the host itself, e.g. the cloud's API on a machine that runs everything."""),
    cfg.StrOpt('base_mac', default='fa:16:3e', regex=r'^[0-9a-f][26ae]:[0-9a-f]{2}:[0-9a-f]{2}$', help="""
First three octets of guests' MAC addresses (locally administered, unicast)."""),
]


def register_opts(conf):
    conf.register_opts(DEFAULT_OPTS)
    conf.register_opts(NETWORK_OPTS, group='network')


def list_opts():
    return [('DEFAULT', DEFAULT_OPTS), ('network', NETWORK_OPTS)]
