# SPDX-License-Identifier: Apache-2.0
"""How many more servers of a flavor fit, and on which hosts.

For `nova-manage scheduler capacity`; Nova has no such thing.
"""
import typing

from mininova.scheduler import filters

RESOURCES = (('VCPUs', 'room_vcpus'), ('memory', 'room_memory_mb'), ('disk', 'room_disk_gb'))


class HostCapacity(typing.NamedTuple):
    """:ivar fits: servers that still fit
    :ivar limit: what runs out first, or why none fits
    """
    host: str
    fits: int
    limit: str


def of_hosts(host_manager, spec):
    """Return the HostCapacity of every host for a request, most first."""
    chain = host_manager.get_filters(spec)
    *wanted, numa_topology, pci_requests = spec.to_claim()
    found = []
    for host in host_manager.get_all_host_states():
        reason = filters.first_failure(chain, host)
        if reason is not filters.PASS:
            found.append(HostCapacity(host.host, 0, f'{reason.filter}: {reason.text}'))
            continue
        fits, limit = min((getattr(host, room) // amount, name)
                          for (name, room), amount in zip(RESOURCES, wanted, strict=True) if amount)
        if numa_topology is not None or pci_requests:
            fits, limit = _count_fits(host, chain, spec, fits, limit)
        found.append(HostCapacity(host.host, fits, limit))
    return sorted(found, key=lambda capacity: -capacity.fits)


def _count_fits(host, chain, spec, most, limit):
    """Return how many servers of a request get cells and devices of a host, at most so many, and what ends it."""
    for count in range(1, most + 1):
        host = host.consumed(*spec.to_claim())
        reason = filters.first_failure(chain, host)
        if reason is not filters.PASS:
            return count, f'{reason.filter}: {reason.text}'
    return most, limit
