# SPDX-License-Identifier: Apache-2.0
"""InstanceExternalEvent: what another service did for a server.  Nova: nova/objects/external_event.py."""
from mininova.objects import base, fields

db = base.Database('external_events')

POWER_ON, POWER_OFF = 'POWER_ON', 'POWER_OFF'


@base.register
class InstanceExternalEvent(base.NovaObject):
    """``tag`` says what is meant: id of a port, volume or accelerator request, or the power state; ``action_id``
    belongs to the action record, for events that have one."""
    VERSION = '1.5'
    fields = {'instance_uuid': fields.UUIDField(), 'name': fields.text(), 'status': fields.text(), 'tag': fields.text(),
              'action_id': fields.text()}

    @staticmethod
    def make_key(name, tag=None):
        """Return the name under which somebody waits for an event."""
        return name if tag is None else f'{name}-{tag}'

    @property
    def key(self):
        return self.make_key(self.name, self.tag)

    @base.remotable_classmethod
    def accept(cls, context, records, deleted_cards):
        """Write what events ask for, before their hosts are told (:func:`mininova.db.external_events.accept`)."""
        db.accept(records, deleted_cards)
