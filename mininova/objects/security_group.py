# SPDX-License-Identifier: Apache-2.0
"""SecurityGroup: what may reach the servers that have it.  Nova: nova/objects/security_group.py and
security_group_rule.py (Newton).

The list's class methods ``get_model`` and ``get_hosts_*`` are for those who make the rules true; the rest is for
nova-api.
"""
from mininova import exception
from mininova.objects import base, fields

db = base.Database('security_groups')
model = base.Database('group_model')


@base.register
class SecurityGroupRule(base.NovaObject, base.NovaPersistentObject):
    """``protocol`` is tcp, udp, icmp or None for everything; ``from_port`` and ``to_port`` are ports, or an ICMP type
    and code with -1 for any; what is let in comes from ``cidr`` or from the members of the group ``source_uuid``."""
    VERSION = '1.0'
    fields = {
        'id': fields.integer(), 'uuid': fields.text(), 'parent_uuid': fields.text(), 'protocol': fields.text(),
        'from_port': fields.integer(), 'to_port': fields.integer(), 'cidr': fields.text(),
        'source_uuid': fields.text(), 'source_name': fields.text(), 'source_project_id': fields.text()}

    @base.remotable_classmethod
    def get_by_uuid(cls, context, uuid):
        """Return a rule of a group of the caller's project, any for an administrator.

        :raises SecurityGroupNotFoundForRule: (404)
        """
        row = db.get_rule(uuid, None if context.is_admin else context.project_id or '')
        if row is None:
            raise exception.SecurityGroupNotFoundForRule(rule_id=uuid)
        return cls._from_row(context, row)

    @base.remotable_classmethod
    def make(cls, context, group_uuid, source_uuid, values, limit):
        """Store a new rule of a group and return it (:func:`mininova.db.security_groups.add_rule`).

        :raises SecurityGroupNotFound: (404)
        :raises SecurityGroupRuleExists: (400)
        :raises SecurityGroupRuleLimitExceeded: (403)
        """
        return cls._from_row(context, db.add_rule(group_uuid, source_uuid, values, limit))

    @base.remotable
    def destroy(self):
        """Remove it.

        :raises SecurityGroupNotFoundForRule: (404)
        """
        if not db.remove_rule(self.uuid):
            raise exception.SecurityGroupNotFoundForRule(rule_id=self.uuid)


@base.register
class SecurityGroup(base.NovaObject, base.NovaPersistentObject):
    """``rules``: SecurityGroupRules, the oldest first."""
    VERSION = '1.0'
    fields = {'id': fields.integer(), 'uuid': fields.text(), 'name': fields.text(), 'description': fields.text(),
              'project_id': fields.text(), 'user_id': fields.text(),
              'rules': fields.ListOfObjectsField('SecurityGroupRule')}

    @classmethod
    def _from_row(cls, context, row, **extra):
        rules = [SecurityGroupRule._from_row(context, rule) for rule in row['rules']]
        return super()._from_row(context, row, rules=rules, **extra)

    @base.remotable_classmethod
    def get_by_uuid(cls, context, uuid):
        """Return a group of the caller's project, any for an administrator.

        :raises SecurityGroupNotFound: (404)
        """
        row = db.get(uuid, None if context.is_admin else context.project_id or '')
        if row is None:
            raise exception.SecurityGroupNotFound(security_group_id=uuid)
        return cls._from_row(context, row)

    @base.remotable_classmethod
    def make(cls, context, values, limit):
        """Store a new group and return it.

        :param values: {'name', 'description', 'project_id', 'user_id'}
        :param limit: how many the project may have, -1 for any number
        :raises SecurityGroupLimitExceeded: (403)
        :raises SecurityGroupExists: (400)
        """
        return cls._from_row(context, db.create(values, limit))

    @base.remotable_classmethod
    def ensure_default(cls, context, project_id):
        """Make sure that a project has its group `default`."""
        db.ensure_default(project_id or '', context.user_id)

    @base.remotable
    def rename(self, name, description):
        """Give it another name and description.

        :raises SecurityGroupNotFound: (404)
        :raises SecurityGroupExists, SecurityGroupIsDefault: (400)
        """
        row = db.update(self.uuid, {'name': name, 'description': description})
        if row is None:
            raise exception.SecurityGroupNotFound(security_group_id=self.uuid)
        self.name, self.description = row['name'], row['description']
        self.obj_reset_changes()

    @base.remotable
    def destroy(self):
        """Remove it with its rules, and the rules of others that name it.

        :raises SecurityGroupNotFound: (404)
        :raises SecurityGroupInUse, SecurityGroupIsDefault: (400)
        """
        if not db.destroy(self.uuid):
            raise exception.SecurityGroupNotFound(security_group_id=self.uuid)

    @base.remotable_classmethod
    def add_to_instance(cls, context, uuid, instance_uuid):
        """Give a server a group; tell whether that is new.

        :raises SecurityGroupNotFound, InstanceNotFound: (404)
        """
        return db.add_to_instance(uuid, instance_uuid)

    @base.remotable_classmethod
    def remove_from_instance(cls, context, uuid, instance_uuid):
        """Take a group from a server; tell whether it had it."""
        return db.remove_from_instance(uuid, instance_uuid)


@base.register
class SecurityGroupList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('SecurityGroup')}

    @base.remotable_classmethod
    def get_page(cls, context, project_id, limit, offset):
        """Return a page of a project's groups, or of all with None, by project and name."""
        return cls._from_rows(context, SecurityGroup, db.list_all(project_id, limit, offset))

    @base.remotable_classmethod
    def get_by_instance_uuid(cls, context, instance_uuid):
        """Return the groups of a server, by name."""
        return cls._from_rows(context, SecurityGroup, db.list_of_instance(instance_uuid))

    @base.remotable_classmethod
    def get_names(cls, context, instance_uuid):
        """Return the names of a server's groups, sorted."""
        return db.names_by_instance([instance_uuid]).get(instance_uuid, [])

    @base.remotable_classmethod
    def find(cls, context, project_id, names):
        """Return (number, uuid) of groups of a project by their names or uuids, each once, in order.

        :raises SecurityGroupNotFound: names the first that there is not (404)
        """
        found = db.find(project_id or '', names)
        for name in names:
            if name not in found:
                raise exception.SecurityGroupNotFound(security_group_id=name)
        return list(dict.fromkeys((found[name]['id'], found[name]['uuid']) for name in names))

    @base.remotable_classmethod
    def get_model(cls, context, instance_uuids, known=None):
        """Return what a host with these guests must let in (:func:`mininova.db.group_model.build`).

        :param known: digest of what the host has
        :returns: {'digest', 'model'}; the model is None if the host has it already
        """
        document, digest = model.build(instance_uuids)
        return {'digest': digest, 'model': None if digest == known else document}

    @base.remotable_classmethod
    def get_hosts_of(cls, context, uuid):
        """Return the hosts of the servers that have a group."""
        return model.hosts_of_group(uuid)

    @base.remotable_classmethod
    def get_hosts_that_admit(cls, context, instance_uuid, uuid=None):
        """Return the hosts of the servers with a rule whose source is a group of a server.

        :param uuid: only that group, which the server need not have
        """
        return model.hosts_that_admit(instance_uuid, uuid)
