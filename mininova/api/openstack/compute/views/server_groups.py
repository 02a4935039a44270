# SPDX-License-Identifier: Apache-2.0
"""How server groups are shown.  Nova: ``_format_server_group`` of nova/api/openstack/compute/server_groups.py."""
from mininova.api.openstack import api_version_request as versions


class ViewBuilder:
    """Server groups as objects."""

    def index(self, req, groups):
        return {'server_groups': [self._full(req, group) for group in groups]}

    def show(self, req, group):
        return {'server_group': self._full(req, group)}

    @staticmethod
    def _full(req, group):
        """Return all of a group; 2.13 added its owner, 2.64 made one policy with rules of the list of policies."""
        shown = {'id': group.uuid, 'name': group.name, 'members': group.members}
        if versions.is_supported(req, '2.64'):
            shown |= {'policy': group.policy, 'rules': group.rules or {}}
        else:
            shown |= {'policies': [group.policy] if group.policy else [], 'metadata': {}}
        if versions.is_supported(req, '2.13'):
            shown |= {'project_id': group.project_id, 'user_id': group.user_id}
        return shown
