# SPDX-License-Identifier: Apache-2.0
"""What the guests of a network are called: the DHCP server of each host answers for those of the other hosts too.

Nova's multi-host DHCP servers knew only the guests of their own host.
"""
import hashlib

import orjson
import sqlalchemy as sa

from mininova.db import addresses, models, session

_ADDRESSES, _CARDS, _SERVERS = models.fixed_ips, models.virtual_interfaces, models.instances
_NAMES = sa.select(
    _ADDRESSES.c.network_id, _ADDRESSES.c.address, _CARDS.c.address.label('mac'), _SERVERS.c.hostname).select_from(
        _ADDRESSES.join(_CARDS, _CARDS.c.uuid == _ADDRESSES.c.virtual_interface_uuid)
        .join(_SERVERS, _SERVERS.c.uuid == _ADDRESSES.c.instance_uuid)
).where(_ADDRESSES.c.network_id.in_(sa.bindparam('ids', expanding=True)), _ADDRESSES.c.host != sa.bindparam('host'),
        _ADDRESSES.c.position != addresses.LEAVING, _SERVERS.c.deleted == 0).order_by(
            _ADDRESSES.c.network_id, _CARDS.c.id, _ADDRESSES.c.position)


@session.read
def list_names(connection, network_ids, host):
    """List the guests of networks that other hosts than this serve, each with its card's first address.

    :param network_ids: numbers
    :returns: ([[number, [[address, mac, hostname], ...]], ...], digest of it)
    """
    found = {number: {} for number in sorted(network_ids)}
    if found:
        for row in connection.execute(_NAMES, {'ids': list(found), 'host': host}):
            found[row.network_id].setdefault(row.mac, [row.address, row.mac, row.hostname])
    listed = [[number, list(guests.values())] for number, guests in found.items()]
    return listed, hashlib.sha256(orjson.dumps(listed)).hexdigest()
