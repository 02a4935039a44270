# SPDX-License-Identifier: Apache-2.0
"""What compute hosts must know of security groups, and which of them a change concerns.

Nova-network asked for the groups of each instance; here is one document for all guests of a host, with a digest by
which the host tells whether it has it already.
"""
import hashlib

import orjson
import sqlalchemy as sa

from mininova.db import addresses, instances, models, session
from mininova.network import model

RULES = models.security_group_rules
MEMBERS = models.security_group_instance_association
SERVERS = models.instances
ADDRESSES = models.fixed_ips
CARDS = models.virtual_interfaces
NETWORKS = models.networks

RULE = ('protocol', 'from_port', 'to_port', 'cidr', 'group_id')

_IDS = sa.bindparam('ids', expanding=True)
_MEMBERSHIPS = sa.select(MEMBERS.c.instance_uuid, MEMBERS.c.security_group_id).where(
    MEMBERS.c.instance_uuid.in_(_IDS)).order_by(MEMBERS.c.security_group_id)
_RULES = sa.select(
    RULES.c.parent_group_id, RULES.c.protocol, RULES.c.from_port, RULES.c.to_port, RULES.c.cidr, RULES.c.group_id
).where(RULES.c.parent_group_id.in_(_IDS)).order_by(RULES.c.id)
_ADDRESSES = sa.select(
    MEMBERS.c.security_group_id, ADDRESSES.c.address, NETWORKS.c.cidr_v6,
    CARDS.c.address.label('mac')).select_from(
        MEMBERS.join(ADDRESSES, ADDRESSES.c.instance_uuid == MEMBERS.c.instance_uuid)
        .join(NETWORKS, NETWORKS.c.id == ADDRESSES.c.network_id)
        .outerjoin(CARDS, CARDS.c.uuid == ADDRESSES.c.virtual_interface_uuid)
).where(MEMBERS.c.security_group_id.in_(_IDS), ADDRESSES.c.position != addresses.LEAVING).order_by(ADDRESSES.c.address)
_HOSTS = sa.select(SERVERS.c.host).join(MEMBERS, MEMBERS.c.instance_uuid == SERVERS.c.uuid).where(
    MEMBERS.c.security_group_id.in_(_IDS), SERVERS.c.deleted == 0, SERVERS.c.host.is_not(None)).distinct()


@session.read
def build(connection, instance_uuids):
    """Return what a host that has these guests must let in, as plain data.

    :returns: (document, its digest); the document is {'instances': [[uuid, [number of group, ...]], ...], 'groups':
        [[number, [{protocol, from_port, to_port, cidr, group_id}, ...]], ...], 'members': [[number, [address, ...]],
        ...]}, the last for groups that rules name as a source
    """
    groups_of = {uuid: [] for uuid in sorted(instance_uuids)}
    for uuid, group_id in _in_chunks(connection, _MEMBERSHIPS, groups_of):
        groups_of[uuid].append(group_id)
    rules = {group_id: [] for group_id in sorted({number for numbers in groups_of.values() for number in numbers})}
    for row in _in_chunks(connection, _RULES, rules):
        rules[row.parent_group_id].append({name: row._mapping[name] for name in RULE})
    sources = {rule['group_id'] for group in rules.values() for rule in group if rule['group_id'] is not None}
    members = {group_id: [] for group_id in sorted(sources)}
    for row in _in_chunks(connection, _ADDRESSES, members):
        members[row.security_group_id] += _addresses_of(row)
    document = {'instances': [list(item) for item in groups_of.items()],
                'groups': [list(item) for item in rules.items()],
                'members': [[group_id, list(dict.fromkeys(found))] for group_id, found in members.items()]}
    return document, hashlib.sha256(orjson.dumps(document)).hexdigest()


def _addresses_of(row):
    """Return an address, and that which its card makes for itself."""
    return [row.address, *([model.slaac_address(row.cidr_v6, row.mac)] if row.cidr_v6 and row.mac else [])]


def _in_chunks(connection, statement, ids):
    for chunk in instances.chunks(ids):
        yield from connection.execute(statement, {'ids': chunk})


@session.read
def hosts_of_group(connection, group_uuid):
    """Return the hosts of the servers that have a group."""
    group_id = connection.execute(sa.select(models.security_groups.c.id).where(
        models.security_groups.c.uuid == group_uuid)).scalar()
    return _hosts(connection, [] if group_id is None else [group_id])


@session.read
def hosts_that_admit(connection, instance_uuid, group_uuid=None):
    """Return the hosts of the servers with a rule that names a group of this server as its source.

    :param group_uuid: only this group, which the server need not have
    """
    if group_uuid is None:
        numbers = sa.select(MEMBERS.c.security_group_id).where(MEMBERS.c.instance_uuid == instance_uuid)
    else:
        numbers = sa.select(models.security_groups.c.id).where(models.security_groups.c.uuid == group_uuid)
    parents = sa.select(RULES.c.parent_group_id).where(RULES.c.group_id.in_(numbers)).distinct()
    return _hosts(connection, connection.execute(parents).scalars().all())


def _hosts(connection, group_ids):
    found = connection.execute(_HOSTS, {'ids': list(group_ids)}).scalars() if group_ids else ()
    return sorted(found)
