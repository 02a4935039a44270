# SPDX-License-Identifier: Apache-2.0
"""PCI devices of nodes: reported by hosts, given to claims and given back exactly, inside the transaction of a claim.

Everything here is done with the node's row locked, and ends with its ``pci_stats``, the pools of what is free, written
anew; the caller raises the generation.  Nova: nova/pci/manager.py, where each host keeps its own account.
"""
import orjson
import sqlalchemy as sa

from mininova import exception
from mininova.db import models, session
from mininova.pci import device, stats

DEVICES = models.pci_devices
NODES = models.compute_nodes
CLAIMS = models.allocations

_FREE = {'status': device.AVAILABLE, 'request_id': None, 'instance_uuid': None, 'allocation_id': None}


def free(connection, node_id):
    """Return the PciDeviceStats of a node whose row the caller has locked."""
    return stats.PciDeviceStats.from_devices(_locked(connection, node_id))


def _locked(connection, node_id):
    # A locking read sees what is committed by now, whatever the transaction has read before.
    return connection.execute(sa.select(DEVICES).where(DEVICES.c.compute_node_id == node_id).order_by(
        DEVICES.c.id).with_for_update()).mappings().all()


def take(connection, claim_id, wanted, devices):
    """Give devices to a claim.

    :param wanted: has instance_uuid and compute_node_id
    :param devices: {request id: [address, ...]}
    :raises PciDeviceRequestFailed: one of them is not free
    """
    for request_id, addresses in devices.items():
        taken = connection.execute(sa.update(DEVICES).where(
            DEVICES.c.compute_node_id == wanted.compute_node_id, DEVICES.c.address.in_(addresses),
            DEVICES.c.status == device.AVAILABLE).values(
                status=device.ALLOCATED, request_id=request_id, instance_uuid=wanted.instance_uuid,
                allocation_id=claim_id, updated_at=session.now()))
        if taken.rowcount != len(addresses):
            raise exception.PciDeviceRequestFailed(addresses=', '.join(addresses), node_id=wanted.compute_node_id)
    _settle(connection, wanted.compute_node_id)


def give_back(connection, claim):
    """Free the devices of a claim; those that left the host meanwhile are forgotten.

    :param claim: row of allocations
    """
    if claim['pci_requests'] is None:
        return
    connection.execute(sa.update(DEVICES).where(DEVICES.c.allocation_id == claim['id']).values(
        updated_at=session.now(), **_FREE))
    _settle(connection, claim['compute_node_id'])


def report(connection, node_id, devices):
    """Compare the devices that a host says guests may have with those that are known.

    What a guest has is left as it is: a device that the host does not name any more is forgotten when it is free.

    :param devices: as `Whitelist.select` returns them
    :returns: [{'address', 'instance_uuid'}] of devices that are gone while a server has them
    """
    known = {row['address']: row for row in _locked(connection, node_id)}
    found = {each['address']: each for each in devices}
    if not known and not found:
        return []
    now, lost = session.now(), []
    for address, each in found.items():
        values = {**{name: each.get(name) for name in device.FACTS}, 'extra_info': {'tags': each.get('tags') or {}}}
        row = known.get(address)
        if row is None:
            connection.execute(sa.insert(DEVICES), {**values, 'compute_node_id': node_id, 'status': device.AVAILABLE,
                                                    'created_at': now, 'updated_at': now})
        elif row['status'] == device.ALLOCATED:
            _change(connection, row, {'extra_info': {**_info(row), 'gone': False}} if _info(row).get('gone') else {})
        else:
            _change(connection, row, values)
    for address in known.keys() - found.keys():
        row = known[address]
        _change(connection, row, {'extra_info': {**_info(row), 'gone': True}})
        if row['status'] == device.ALLOCATED:
            lost.append({'address': address, 'instance_uuid': row['instance_uuid']})
    _settle(connection, node_id)
    return lost


def _info(row):
    return row['extra_info'] or {}


def _change(connection, row, values):
    if any(row[name] != value for name, value in values.items()):
        connection.execute(sa.update(DEVICES).where(DEVICES.c.id == row['id']).values(updated_at=session.now(),
                                                                                     **values))


def _settle(connection, node_id):
    """Forget what is gone and free, work out what nobody can have, and write what is left."""
    rows = _locked(connection, node_id)
    gone = [row['id'] for row in rows if row['status'] != device.ALLOCATED and _info(row).get('gone')]
    if gone:
        connection.execute(sa.delete(DEVICES).where(DEVICES.c.id.in_(gone)))
    rows = [dict(row) for row in rows if row['id'] not in gone]
    blocked = device.blocked(rows)
    changed = {device.AVAILABLE: [], device.UNAVAILABLE: []}
    for row in rows:
        status = device.UNAVAILABLE if row['address'] in blocked else device.AVAILABLE
        if row['status'] not in (device.ALLOCATED, status):
            row['status'] = status
            changed[status].append(row['id'])
    for status, ids in changed.items():
        if ids:
            connection.execute(sa.update(DEVICES).where(DEVICES.c.id.in_(ids)).values(status=status,
                                                                                     updated_at=session.now()))
    pools = stats.PciDeviceStats.from_devices(rows).pools
    connection.execute(sa.update(NODES).where(NODES.c.id == node_id).values(pci_stats=pools or None))


def forget(connection, node_ids):
    """Drop the devices of nodes that are removed.

    :param node_ids: a query for their ids
    """
    connection.execute(sa.delete(DEVICES).where(DEVICES.c.compute_node_id.in_(node_ids)))


def of_claim(connection, claim):
    """Return the devices of a claim as a server's record has them, None if it wanted none."""
    if claim['pci_requests'] is None:
        return None
    names = {each['request_id']: each['alias_name'] for each in claim['pci_requests']}
    rows = connection.execute(sa.select(DEVICES).where(DEVICES.c.allocation_id == claim['id']).order_by(
        DEVICES.c.address)).mappings().all()
    return [device.for_server(row, names.get(row['request_id'])) for row in rows]


@session.read
def list_by_node(connection, compute_node_id):
    """Return the rows of a node's devices, by address."""
    return connection.execute(sa.select(DEVICES).where(DEVICES.c.compute_node_id == compute_node_id).order_by(
        DEVICES.c.address)).mappings().all()


def _build_audit():
    """Return one statement for nodes, devices and claims, so that a claim under way is seen in all or in none."""
    names = ('id', 'compute_node_id', 'address', 'vendor_id', 'product_id', 'dev_type', 'numa_node', 'parent_addr',
             'status', 'request_id', 'instance_uuid', 'allocation_id', 'document')

    def part(kind, **columns):
        return sa.select(sa.literal(kind).label('kind'), *(
            (columns[name] if name in columns else sa.cast(sa.null(), DEVICES.c[name].type)).label(name)
            for name in names))
    devices = {name: DEVICES.c[name] for name in names[:-1]}
    return sa.union_all(
        part('node', id=NODES.c.id, address=NODES.c.hypervisor_hostname,
             document=sa.type_coerce(NODES.c.pci_stats, models.BigText)),
        part('device', **devices, document=sa.type_coerce(DEVICES.c.extra_info, models.BigText)),
        part('claim', id=CLAIMS.c.id, compute_node_id=CLAIMS.c.compute_node_id, instance_uuid=CLAIMS.c.instance_uuid,
             document=sa.type_coerce(CLAIMS.c.pci_requests, models.BigText)).where(CLAIMS.c.pci_requests.is_not(None)))


_AUDIT = _build_audit()


def audit(connection):
    """Compare devices with the claims that they belong to, and with what their nodes say is free.

    :returns: list of {'node', 'resource', 'recorded', 'claimed'} that differ
    """
    parts = {'node': [], 'device': [], 'claim': []}
    for row in connection.execute(_AUDIT).mappings():
        parts[row['kind']].append({**row, 'document': orjson.loads(row['document']) if row['document'] else None})
    claims = {claim['id']: claim for claim in parts['claim']}
    devices, held = {}, {}
    for found, rows in ((devices, parts['device']), (held, parts['claim'])):
        for row in rows:
            found.setdefault(row['compute_node_id'], []).append({**row, 'extra_info': row['document']})
    wrong = []
    for node in parts['node']:
        differences = _differences(node, devices.get(node['id'], []), claims, held.get(node['id'], []))
        wrong += [{'node': node['address'], 'resource': resource, 'recorded': recorded, 'claimed': claimed}
                  for resource, recorded, claimed in differences if recorded != claimed]
    return wrong


def _differences(node, rows, claims, held):
    """Yield (what, as it is recorded, as the claims have it) of one node, equal ones too."""
    blocked = device.blocked(rows)
    for row in rows:
        claim = claims.get(row['allocation_id'])
        owner = claim['instance_uuid'] if claim and claim['compute_node_id'] == node['id'] else None
        yield f'the server of PCI device {row["address"]}', row['instance_uuid'], owner
        expected = device.ALLOCATED if owner else (
            device.UNAVAILABLE if row['address'] in blocked else device.AVAILABLE)
        yield f'PCI device {row["address"]}', row['status'], expected
    for claim in held:
        for each in claim['document']:
            had = sum(row['allocation_id'] == claim['id'] and row['request_id'] == each['request_id'] for row in rows)
            yield f'PCI devices of {claim["instance_uuid"]} for alias {each["alias_name"]}', had, each['count']
    yield 'pci_stats', node['document'] or [], stats.PciDeviceStats.from_devices(rows).pools
