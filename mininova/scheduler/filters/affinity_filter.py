# SPDX-License-Identifier: Apache-2.0
"""SameHostFilter, DifferentHostFilter: beside other servers, or away from them.

Where a server is, its claim says: exactly, also while it is being built.

Nova: nova/scheduler/filters/affinity_filter.py.
"""
from mininova.objects import host_states
from mininova.scheduler import filters


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
