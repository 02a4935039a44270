# SPDX-License-Identifier: Apache-2.0
"""What ties floating addresses to guests' own ones, for transactions that are about something else.

Whoever frees a fixed address cuts the ties to it in the same transaction; whoever writes a server's network_info puts
into it what the ties are at that moment. So a tie to a free address, or a network_info without an address that was
associated while it was being made, cannot be committed.  Nova: nova/network/floating_ips.py (Newton).
"""
import copy

import sqlalchemy as sa

from mininova.db import models, session
from mininova.network import model

TABLE = models.floating_ips
fixed_ips, instances = models.fixed_ips, models.instances

RELEASED = {'project_id': None, 'auto_assigned': False, 'fixed_ip_id': None}

_TIES = sa.select(TABLE.c.id, TABLE.c.fixed_ip_id, TABLE.c.auto_assigned).join(
    fixed_ips, fixed_ips.c.id == TABLE.c.fixed_ip_id)
_TIES_OF_INSTANCE = _TIES.where(fixed_ips.c.instance_uuid == sa.bindparam('uuid'))
_SHOWN = sa.select(fixed_ips.c.address.label('fixed_address'), TABLE.c.address).join(
    TABLE, TABLE.c.fixed_ip_id == fixed_ips.c.id).where(
        fixed_ips.c.instance_uuid == sa.bindparam('uuid')).order_by(TABLE.c.id)
_NETWORK_INFO = sa.select(instances.c.network_info).where(
    instances.c.uuid == sa.bindparam('uuid'), instances.c.deleted == 0).with_for_update()


def cut_of_instance(connection, instance_uuid):
    """Cut the ties to all addresses of a guest."""
    _cut(connection, connection.execute(_TIES_OF_INSTANCE, {'uuid': instance_uuid}).all())


def cut(connection, *conditions):
    """Cut the ties to fixed addresses that are about to be freed.

    :param conditions: on rows of fixed_ips
    """
    _cut(connection, connection.execute(_TIES.where(*conditions)).all())


def _cut(connection, ties):
    for tie in ties:
        # Somebody may have associated it with another address meanwhile, without the lock of this one's network.
        connection.execute(TABLE.update().where(TABLE.c.id == tie.id, TABLE.c.fixed_ip_id == tie.fixed_ip_id).values(
            updated_at=session.now(), **(RELEASED if tie.auto_assigned else {'fixed_ip_id': None})))


def show(connection, instance_uuid):
    """Let a server's network_info name exactly its floating addresses; tell whether the server is there.

    The row is locked before the ties are read: of two who change them the later one sees both changes.
    """
    row = connection.execute(_NETWORK_INFO, {'uuid': instance_uuid}).first()
    if row is None:
        return False
    if row.network_info:
        _write(connection, instance_uuid, row.network_info)
    return True


def _write(connection, instance_uuid, found):
    ties = {}
    for fixed_address, address in connection.execute(_SHOWN, {'uuid': instance_uuid}):
        ties.setdefault(fixed_address, []).append(dict(model.IP(address, type='floating')))
    shown = _with_floating_ips(found, ties)
    if shown != found:
        connection.execute(instances.update().where(instances.c.uuid == instance_uuid).values(network_info=shown))


def _with_floating_ips(network_info, ties):
    """Return a copy of a stored network_info; what a network service gave is its own business.

    :param ties: fixed address -> its floating ones, as network_info has them
    """
    changed = copy.deepcopy(network_info)
    for vif in changed:
        if 'tunneled' in vif['network'].get('meta', ()):  # only a network service says that
            continue
        for subnet in vif['network']['subnets']:
            for ip in subnet['ips']:
                ip['floating_ips'] = ties.get(ip['address'], [])
    return changed
