# SPDX-License-Identifier: Apache-2.0
"""InstanceFault: why a server is in ERROR.  Nova: nova/objects/instance_fault.py."""
from mininova.objects import base, fields

db = base.Database('actions')

@base.register
class InstanceFault(base.NovaObject, base.NovaPersistentObject):
    """``message`` may be shown to the owner, ``details`` to administrators."""
    VERSION = '1.0'
    fields = {'id': fields.integer(), 'instance_uuid': fields.UUIDField(), 'code': fields.IntegerField(),
              'message': fields.text(), 'details': fields.text(), 'host': fields.text()}

    @base.remotable
    def create(self):
        self.id = db.create_fault(self.obj_changes_plain())
        self.obj_reset_changes()

    @base.remotable_classmethod
    def get_latest_for_instance(cls, context, instance_uuid):
        row = db.get_latest_fault(instance_uuid)
        return None if row is None else cls._from_row(context, row)
