# SPDX-License-Identifier: Apache-2.0
"""Security groups of the project that all guests of a network lab belong to."""
from mininova import objects

PROJECT = 'a' * 32


class Groups:
    """What nova-api does to groups, without HTTP; hosts are told where it says so."""

    def __init__(self, context):
        self.context = context
        objects.SecurityGroup.ensure_default(context, PROJECT)

    def make(self, name):
        return objects.SecurityGroup.make(self.context, {
            'name': name, 'description': '', 'project_id': PROJECT, 'user_id': 'u'}, -1).uuid

    def uuid(self, name):
        (_number, uuid), = objects.SecurityGroupList.find(self.context, PROJECT, [name])
        return uuid

    def allow(self, group, protocol=None, first=None, last=None, cidr=None, source=None):
        """Let something into the members of a group; returns the rule."""
        values = {'protocol': protocol, 'from_port': first, 'to_port': last if last is not None else first,
                  'cidr': cidr}
        return objects.SecurityGroupRule.make(self.context, self.uuid(group), source and self.uuid(source), values, -1)

    def join(self, instance_uuid, *names):
        for name in names:
            objects.SecurityGroup.add_to_instance(self.context, self.uuid(name), instance_uuid)

    def leave(self, instance_uuid, name):
        assert objects.SecurityGroup.remove_from_instance(self.context, self.uuid(name), instance_uuid)
