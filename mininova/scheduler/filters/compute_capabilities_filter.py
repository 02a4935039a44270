# SPDX-License-Identifier: Apache-2.0
"""ComputeCapabilitiesFilter: the host has what the flavor's extra specs ask for.

Nova: nova/scheduler/filters/compute_capabilities_filter.py.
"""
from mininova.scheduler import filters
from mininova.scheduler.filters import extra_specs_ops

SCOPE = 'capabilities'
# Attributes of Nova's HostState that an extra spec may name; what is not here is looked for in stats.
ATTRIBUTES = frozenset((
    'host', 'nodename', 'uuid', 'hypervisor_hostname', 'hypervisor_type', 'hypervisor_version', 'host_ip', 'cpu_info',
    'supported_instances', 'stats', 'total_usable_ram_mb', 'free_ram_mb', 'total_usable_disk_gb', 'free_disk_mb',
    'vcpus_total', 'vcpus_used', 'num_instances', 'num_io_ops', 'cpu_allocation_ratio', 'ram_allocation_ratio',
    'disk_allocation_ratio'))


class ComputeCapabilitiesFilter(filters.BaseHostFilter):
    """Keys are ``capabilities:free_ram_mb``, ``capabilities:cpu_info:arch``, or unscoped.

    Other scopes are not meant for us.  An unscoped key that a host does not know is ignored, for it may be meant for
    something else altogether.
    """
    remedy = "the flavor's extra specs (`openstack flavor show`), or a host that has what they ask for"

    def __init__(self, spec):
        super().__init__(spec)
        self.requirements = []
        for key, requirement in (spec.flavor.extra_specs or {}).items():
            path = key.split(':')
            scoped = len(path) > 1
            if scoped and path[0] != SCOPE:
                continue
            self.requirements.append((key, path[1:] if scoped else path, not scoped, requirement,
                                      extra_specs_ops.compile_requirement(requirement)))
        self.applies = bool(self.requirements)

    def host_passes(self, host):
        for key, path, optional, requirement, matches in self.requirements:
            had = _find(host, path)
            if had is None:
                if optional:
                    continue
                return self.reason(f'has no {key}', f'{key} {requirement}', None)
            if not matches(str(had)):
                return self.reason(f'has {key} = {had}, wanted {requirement}', f'{key} {requirement}', str(had))
        return filters.PASS


def _find(host, path):
    """Return a capability by its path, or None."""
    found = getattr(host, path[0], None) if path[0] in ATTRIBUTES else None
    if found is None:
        found = host.stats.get(path[0]) if isinstance(host.stats, dict) else None
    for name in path[1:]:
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found
