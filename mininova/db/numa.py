# SPDX-License-Identifier: Apache-2.0
"""CPUs, pages and memory of a node's NUMA cells: claimed and given back exactly, inside the transaction of a claim.

A node's row holds two documents: ``numa_topology``, which the host reports, and ``numa_used``, the sum of what the
claims on it have, written only with them.  Whoever fits a server in reads both with the row locked, and writes under
the generation that he read.  Nova: numa_usage_from_instance_numa, recounted by each host from its own servers.
"""
import typing

import sqlalchemy as sa

from mininova.db import models, pci
from mininova.pci import fitting as pci_fitting
from mininova.pci import request, stats
from mininova.virt import hardware
from mininova.virt.hardware import fitting, topology

NODES = models.compute_nodes
CLAIMS = models.allocations

_LOCKED = sa.select(NODES.c.generation, NODES.c.numa_topology, NODES.c.numa_used, NODES.c.cpu_allocation_ratio,
                    NODES.c.ram_allocation_ratio).where(NODES.c.id == sa.bindparam('node_id')).with_for_update()


class Fitted(typing.NamedTuple):
    """What a claim takes of a node.

    :ivar numa_topology: document of the fit, None for none; numa_used: what is used of the node with it
    :ivar devices: {id of a PCI request: [address, ...]}
    :ivar generation: of the row as it was read
    """

    numa_topology: dict | None
    numa_used: dict | None
    devices: dict
    generation: int


def fit(connection, node_id, wanted, pci_requests, ratios):
    """Fit a server's wishes into a node, whose row is locked by that.

    :param wanted: document of an InstanceNUMATopology, or None
    :param pci_requests: documents of InstancePCIRequests, or None
    :param ratios: allocation ratios that count instead of the node's own
    :returns: Fitted, or None if it does not fit
    """
    node = connection.execute(_LOCKED, {'node_id': node_id}).one_or_none()
    if node is None:
        return None
    host = node.numa_topology and hardware.NUMATopology.from_documents(node.numa_topology, node.numa_used)
    limits = fitting.Limits(*(_ratio(ratios.get(name, node._mapping[name])) for name in (
        'cpu_allocation_ratio', 'ram_allocation_ratio')))
    pools = pci.free(connection, node_id) if pci_requests else stats.PciDeviceStats(None)
    found = pci_fitting.fit(host, pools, wanted and hardware.InstanceNUMATopology.from_document(wanted),
                            request.from_documents(pci_requests), limits)
    if not isinstance(found, pci_fitting.Fit):
        return None
    if found.numa_topology is None:
        return Fitted(None, node.numa_used, found.devices, node.generation)
    return Fitted(found.numa_topology.to_document(), topology.add_usage(node.numa_used, found.numa_topology),
                  found.devices, node.generation)


def give_back(connection, node_id, fitted):
    """Take what a claim has off what is used of a node; the caller raises the generation.

    :param fitted: document of the fit, None for a claim without
    """
    if fitted is None:
        return
    node = connection.execute(_LOCKED, {'node_id': node_id}).one_or_none()
    if node is not None:
        used = topology.add_usage(node.numa_used, hardware.InstanceNUMATopology.from_document(fitted), sign=-1)
        connection.execute(sa.update(NODES).where(NODES.c.id == node_id).values(numa_used=used or None))


def audit(connection):
    """Compare what each node says is used of its cells with what its claims have, and the claims with each other.

    :returns: list of {'node', 'resource', 'recorded', 'claimed'} that differ
    """
    query = sa.select(NODES.c.id, NODES.c.hypervisor_hostname, NODES.c.numa_used, CLAIMS.c.numa_topology).join(
        CLAIMS, sa.and_(CLAIMS.c.compute_node_id == NODES.c.id, CLAIMS.c.numa_topology.is_not(None)), isouter=True
    ).where(sa.or_(NODES.c.numa_used.is_not(None), CLAIMS.c.numa_topology.is_not(None)))
    names, recorded, claimed, twice = {}, {}, {}, []
    for node_id, name, used, document in connection.execute(query).all():
        names[node_id], recorded[node_id] = name, used or {}
        before = claimed.setdefault(node_id, {})
        if document is not None:
            fitted = hardware.InstanceNUMATopology.from_document(document)
            twice += _had_by_others(name, before, fitted)
            claimed[node_id] = topology.add_usage(before, fitted)
    return twice + [{'node': names[node_id], 'resource': 'numa_used', 'recorded': recorded[node_id],
                     'claimed': claimed[node_id]} for node_id in names if recorded[node_id] != claimed[node_id]]


def _had_by_others(name, used, fitted):
    """Yield the CPUs of a fit that another claim has already."""
    for cell in fitted.cells:
        others = cell.taken_cpus & set((used.get(str(cell.id)) or {}).get('pinned_cpus') or ())
        if others:
            yield {'node': name, 'resource': f'CPUs {hardware.format_cpu_spec(others)}', 'recorded': 'one server each',
                   'claimed': 'two'}


def _ratio(value):
    return 1.0 if value is None else value
