# SPDX-License-Identifier: Apache-2.0
"""How quotas are shown.  Nova: ``_format_quota_set`` of nova/api/openstack/compute/quota_sets.py, quota_classes.py."""
from mininova.api.openstack import api_version_request as versions

NETWORK = ('fixed_ips', 'floating_ips', 'security_groups', 'security_group_rules')
INJECTED = ('injected_files', 'injected_file_content_bytes', 'injected_file_path_bytes')
GROUPS = ('server_groups', 'server_group_members')
# {name shown: resource of mininova.quota}
RESOURCES = {name: name for name in ('instances', 'cores', 'ram', 'metadata_items', 'key_pairs', *GROUPS, *NETWORK)} | {
    'injected_files': 'injected_files', 'injected_file_content_bytes': 'injected_file_content_bytes',
    'injected_file_path_bytes': 'injected_file_path_length'}


class ViewBuilder:
    """Quotas of a project; 2.36 took those of the network away, 2.57 those of injected files."""

    name = 'quota_set'

    def show(self, req, quotas, id_=None):
        """
        :param quotas: {resource: anything}
        :param id_: whose they are, if that is shown
        """
        hidden = self._hidden(req)
        shown = {name: quotas[resource] for name, resource in RESOURCES.items() if name not in hidden}
        return {self.name: shown if id_ is None else {'id': id_, **shown}}

    @staticmethod
    def _hidden(req):
        return {*(NETWORK if versions.is_supported(req, '2.36') else ()),
                *(INJECTED if versions.is_supported(req, '2.57') else ())}


class ClassViewBuilder(ViewBuilder):
    """Quotas of a class; 2.50 added those of server groups and took those of the network away."""

    name = 'quota_class_set'

    @staticmethod
    def _hidden(req):
        return {*(NETWORK if versions.is_supported(req, '2.50') else GROUPS),
                *(INJECTED if versions.is_supported(req, '2.57') else ())}
