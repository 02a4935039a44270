# SPDX-License-Identifier: Apache-2.0
"""InstanceGroup: servers that belong together or apart.  Nova: nova/objects/instance_group.py."""
from mininova import exception
from mininova.objects import base, fields

db = base.Database('groups')


@base.register
class InstanceGroup(base.NovaObject, base.NovaPersistentObject):
    VERSION = '1.0'
    fields = {'id': fields.integer(), 'uuid': fields.text(), 'name': fields.text(), 'user_id': fields.text(),
              'project_id': fields.text(),
              'policy': fields.text(), 'rules': fields.JsonField(nullable=True),
              'members': fields.ListOfStringsField(default=[])}

    @base.remotable_classmethod
    def get_by_hint(cls, context, hint):
        """Return the group that a `group` hint names by uuid or name, of the caller's project.

        :raises InstanceGroupNotFound: (404)
        """
        row = db.find(hint, None if context.is_admin else context.project_id)
        if row is None:
            raise exception.InstanceGroupNotFound(group_uuid=hint)
        return cls._from_row(context, row)
