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
        return cls._one(context, db.find(hint, None if context.is_admin else context.project_id), hint)

    @base.remotable_classmethod
    def get_by_uuid(cls, context, uuid):
        """Return a group of the caller's project, any for an administrator.

        :raises InstanceGroupNotFound: (404)
        """
        return cls._one(context, db.get(uuid, None if context.is_admin else context.project_id), uuid)

    @classmethod
    def _one(cls, context, row, named):
        if row is None:
            raise exception.InstanceGroupNotFound(group_uuid=named)
        return cls._from_row(context, row)

    @base.remotable_classmethod
    def make(cls, context, values, limit):
        """Store a new group and return it.

        :param values: {'name', 'project_id', 'user_id', 'policy', 'rules'}
        :param limit: how many the project may have, -1 for any number
        :raises ServerGroupLimitExceeded: (403)
        """
        return cls._from_row(context, db.create(values, limit))

    @base.remotable
    def destroy(self):
        """Remove it; its servers stay.

        :raises InstanceGroupNotFound: (404)
        """
        if not db.destroy(self.uuid):
            raise exception.InstanceGroupNotFound(group_uuid=self.uuid)


@base.register
class InstanceGroupList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('InstanceGroup')}

    @base.remotable_classmethod
    def get_page(cls, context, project_id, limit, offset):
        """Return a page of a project's groups, or of all with None, the oldest first."""
        return cls._from_rows(context, InstanceGroup, db.list_all(project_id, limit, offset))
