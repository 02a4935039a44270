# SPDX-License-Identifier: Apache-2.0
"""How security groups are shown.  In Nova: SecurityGroupControllerBase of
nova/api/openstack/compute/security_groups.py.
"""


class ViewBuilder:
    """One form for all versions."""

    def index(self, groups):
        """Return a list of groups, by project and name."""
        return {'security_groups': [self._group(group) for group in
                                    sorted(groups, key=lambda group: (group.project_id, group.name))]}

    def show(self, group):
        """Return a group."""
        return {'security_group': self._group(group)}

    def show_rule(self, rule):
        """Return a rule."""
        return {'security_group_rule': self._rule(rule)}

    def _group(self, group):
        return {'id': group.uuid, 'name': group.name, 'description': group.description, 'tenant_id': group.project_id,
                'rules': [self._rule(rule) for rule in group.rules]}

    @staticmethod
    def _rule(rule):
        shown = {'id': rule.uuid, 'parent_group_id': rule.parent_uuid, 'ip_protocol': rule.protocol,
                 'from_port': rule.from_port, 'to_port': rule.to_port, 'group': {}, 'ip_range': {}}
        if rule.source_uuid:
            shown['group'] = {'name': rule.source_name, 'tenant_id': rule.source_project_id}
        else:
            shown['ip_range'] = {'cidr': rule.cidr}
        return shown
