# SPDX-License-Identifier: Apache-2.0
"""What events of other services ask for, written before the hosts are told.

New here: Nova only sends a message, and what it asked for is lost with it.
"""
import sqlalchemy as sa

from mininova.db import interfaces, models, session

ACTIONS = models.instance_actions


@session.write
def accept(connection, records, deleted_cards):
    """Write the records of actions, and mark cards that shall leave their guests, all or nothing.

    :param records: columns of instance_actions, as :meth:`InstanceAction.pack_start` gives them
    :param deleted_cards: [(server, card)], by uuid; what is no card of the server is passed over
    """
    now = session.now()
    if records:
        connection.execute(sa.insert(ACTIONS), [{'start_time': now, 'created_at': now, 'updated_at': now, **record}
                                                for record in records])
    if deleted_cards:
        interfaces.mark_deleted.within(connection, deleted_cards)
