# SPDX-License-Identifier: Apache-2.0
"""SameHostFilter, DifferentHostFilter and those of server groups: beside other servers, or away from them.
SimpleCIDRAffinityFilter: near an address.

Where a server is, its claim says: exactly, also while it is being built.

Nova: nova/scheduler/filters/affinity_filter.py.
"""
import ipaddress

from mininova.objects import host_states
from mininova.scheduler import filters, group_view


class _HintFilter(filters.BaseHostFilter):
    hint = ''

    def __init__(self, spec):
        super().__init__(spec)
        uuids = (spec.scheduler_hints or {}).get(self.hint) or []
        self.uuids = [uuids] if isinstance(uuids, str) else list(uuids)
        self.applies = bool(self.uuids)
        self.held = {}
        for uuid, node_id in (host_states.nodes_by_instance(self.uuids) if self.uuids else {}).items():
            self.held.setdefault(node_id, []).append(uuid)


class SameHostFilter(_HintFilter):
    """Hint same_host: the host has at least one of these servers."""
    hint = 'same_host'
    remedy = 'another same_host hint; or room on that host'

    def host_passes(self, host):
        if host.compute_node_id in self.held:
            return filters.PASS
        return self.reason(f'without server {" or ".join(self.uuids)}', self.uuids, [])


class DifferentHostFilter(_HintFilter):
    """Hint different_host: the host has none of these servers."""
    hint = 'different_host'
    remedy = 'another different_host hint; or more hosts'

    def host_passes(self, host):
        found = self.held.get(host.compute_node_id)
        if not found:
            return filters.PASS
        return self.reason(f'has server {" and ".join(found)}', self.uuids, found)


class SimpleCIDRAffinityFilter(filters.BaseHostFilter):
    """Hint build_near_host_ip: the host's address is in the same network; hint cidr is its length, /24 without it."""
    remedy = 'another build_near_host_ip or cidr hint; or room on the hosts of that network'
    default_cidr = '/24'

    def __init__(self, spec):
        super().__init__(spec)
        near = spec.get_hint('build_near_host_ip')
        self.applies = bool(near)
        if self.applies:
            self.text = f'{near}{spec.get_hint("cidr", self.default_cidr)}'
            self.network = _parse(ipaddress.ip_interface, self.text)

    def host_passes(self, host):
        if self.network is None:
            return self.reason(f'cannot be near {self.text}, which is no network', self.text, host.host_ip)
        address = _parse(ipaddress.ip_address, host.host_ip)
        if address is not None and address in self.network.network:
            return filters.PASS
        return self.reason(f'has address {host.host_ip}, not in {self.network.network}', str(self.network.network),
                           host.host_ip)


def _parse(kind, text):
    try:
        return kind(text)
    except ValueError:
        return None


class _GroupFilter(group_view.GroupView, filters.BaseHostFilter):
    def __init__(self, spec):
        super().__init__(spec)
        self.applies = self.look(spec)


class ServerGroupAffinityFilter(_GroupFilter):
    """The host has the other members of the server's group, if there are any."""
    policies = ('affinity',)
    looks_at_others = True
    remedy = 'room on the host of the group; or a server outside the group'

    def host_passes(self, host):
        if not self.held or self.members_on(host):
            return filters.PASS
        return self.reason('without the servers of its group', sorted(self.held), [])


class ServerGroupAntiAffinityFilter(_GroupFilter):
    """The host has fewer members of the server's group than the group's rule max_server_per_host says, 1 without it."""
    policies = ('anti-affinity',)
    remedy = 'more hosts; or a server outside the group'

    def host_passes(self, host):
        found, most = self.members_on(host), int(self.rules.get('max_server_per_host', 1))
        if len(found) < most:
            return filters.PASS
        return self.reason(f'has {len(found)} of {most} servers of its group', most, found)
