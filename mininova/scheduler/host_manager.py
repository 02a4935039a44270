# SPDX-License-Identifier: Apache-2.0
"""HostManager: which hosts there are, which fit, which is best.  Nova: nova/scheduler/host_manager.py."""
import stevedore
from oslo_log import log

import mininova.conf
from mininova import exception
from mininova.scheduler import aggregate_ratios, filters, host_cache, reasons, weights
from mininova.scheduler.filters import (
    core_filter,
    disk_filter,
    numa_topology_filter,
    pci_passthrough_filter,
    ram_filter,
)

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

# The claim tests these in any case, so a scheduler that does not would only try in vain.
RESOURCE_FILTERS = (ram_filter.RamFilter, core_filter.CoreFilter, disk_filter.DiskFilter,
                    numa_topology_filter.NUMATopologyFilter, pci_passthrough_filter.PciPassthroughFilter)
# What takes the ratio from the host's aggregates, where it is enabled, tests what the plain filter would, too.
BY_AGGREGATE = {ram_filter.RamFilter: ram_filter.AggregateRamFilter,
                core_filter.CoreFilter: core_filter.AggregateCoreFilter,
                disk_filter.DiskFilter: disk_filter.AggregateDiskFilter}
ALL_WEIGHERS = ('all', 'nova.scheduler.weights.all_weighers')


class HostManager:
    """The filters and weighers of the configuration, and the hosts they are asked about."""

    def __init__(self):
        enabled = _load(filters.GROUP, CONF.filter_scheduler.enabled_filters, 'enabled_filters')
        superseded = [plain for plain, by_aggregate in BY_AGGREGATE.items() if by_aggregate in enabled]
        self.resource_filters = [BY_AGGREGATE[cls] if cls in superseded else cls for cls in RESOURCE_FILTERS]
        self.filter_classes = [cls for cls in enabled if cls not in superseded]
        self.filter_classes += [cls for cls in self.resource_filters if cls not in self.filter_classes]
        self.cache = host_cache.HostCache(aggregate_ratios.AggregateRatios(
            {plain.ratio: plain in enabled for plain in superseded}))
        self.weigher_classes = self._load_weighers()

    @staticmethod
    def _load_weighers():
        names = CONF.filter_scheduler.weight_classes
        return _load(weights.GROUP, None if any(name in ALL_WEIGHERS for name in names) else names, 'weight_classes')

    def get_all_host_states(self):
        """Return every host as it is now, those that are down too, in the order of their ids."""
        return self.cache.refresh()

    def get_filters(self, spec):
        """Return the tests of a request; a forced host must only have room."""
        forced = spec.force_hosts or spec.force_nodes
        return [cls(spec) for cls in (self.resource_filters if forced else self.filter_classes)]

    def get_weighers(self, spec):
        return [cls(spec) for cls in self.weigher_classes]

    def summarisers(self):
        """Return {name of a filter: its way to put many reasons in one clause}."""
        return {cls.__name__: cls.summarise for cls in self.filter_classes}


def get_considered_hosts(hosts, spec):
    """Return the hosts that a request names, or all, and the names it uses when no host has them.

    :returns: (list of host states, 'host cmp9' or None)
    """
    wanted_hosts = spec.force_hosts or ([spec.requested_host] if spec.requested_host else [])
    wanted_nodes = spec.force_nodes or ([spec.requested_node] if spec.requested_node else [])
    if not wanted_hosts and not wanted_nodes:
        return hosts, None
    wanted_hosts, wanted_nodes = ([name.lower() for name in names] for names in (wanted_hosts, wanted_nodes))
    considered = [host for host in hosts if (not wanted_hosts or host.host.lower() in wanted_hosts)
                  and (not wanted_nodes or host.nodename.lower() in wanted_nodes)]
    names = [f'host {name}' for name in wanted_hosts] + [f'node {name}' for name in wanted_nodes]
    return considered, None if considered else ' with '.join(names)


def get_excluded(spec):
    """Return {host: Reason} of the hosts that a request rules out: to be ignored, or because its build failed there."""
    excluded = {host: reasons.Reason('IgnoreHosts', 'is to be ignored') for host in spec.ignore_hosts or ()}
    for attempt in spec.attempts or ():
        excluded[attempt['host']] = reasons.Reason('Retry', f'failed to build here: {attempt["reason"]}')
    return excluded


def _load(group, names, option):
    """Return the classes of some entry points, in the order of `names`, or all of them.

    :raises NovaException: a name that no installed package offers
    """
    manager = stevedore.ExtensionManager(group, on_load_failure_callback=_cannot_load)
    found = {extension.name: extension.plugin for extension in manager}
    if not found:
        raise exception.NovaException(f'No entry points of group {group}: install the package (pip install -e .).')
    names = sorted(found) if names is None else [name.rpartition('.')[2] for name in names]
    unknown = [name for name in names if name not in found]
    if unknown:
        raise exception.NovaException(
            f'[filter_scheduler] {option} names {", ".join(unknown)}; there are {", ".join(sorted(found))}.')
    return [found[name] for name in names]


def _cannot_load(manager, entry_point, error):
    raise exception.NovaException(f'{entry_point.name} of group {manager.namespace} cannot be loaded: {error}')
