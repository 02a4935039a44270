# SPDX-License-Identifier: Apache-2.0
"""How limits are shown.  Nova: nova/api/openstack/compute/views/limits.py."""
from mininova.api.openstack import api_version_request as versions

# (name shown, resource, last version that has it)
_LIMITS = (
    ('maxTotalRAMSize', 'ram', None),
    ('maxTotalInstances', 'instances', None),
    ('maxTotalCores', 'cores', None),
    ('maxTotalKeypairs', 'key_pairs', None),
    ('maxTotalFloatingIps', 'floating_ips', '2.35'),
    ('maxServerMeta', 'metadata_items', None),
    ('maxImageMeta', 'metadata_items', '2.38'),
    ('maxPersonality', 'injected_files', '2.56'),
    ('maxPersonalitySize', 'injected_file_content_bytes', '2.56'),
    ('maxSecurityGroups', 'security_groups', '2.35'),
    ('maxSecurityGroupRules', 'security_group_rules', '2.35'),
    ('maxServerGroups', 'server_groups', None),
    ('maxServerGroupMembers', 'server_group_members', None),
)
_USED = (
    ('totalRAMUsed', 'ram', None),
    ('totalCoresUsed', 'cores', None),
    ('totalInstancesUsed', 'instances', None),
    ('totalFloatingIpsUsed', 'floating_ips', '2.35'),
    ('totalSecurityGroupsUsed', 'security_groups', '2.35'),
    ('totalServerGroupsUsed', 'server_groups', None),
)


class ViewBuilder:
    """Limits of a project; rates have not been limited since Newton."""

    def build(self, req, quotas):
        """
        :param quotas: {resource: {'limit': n, 'in_use': n}}
        """
        absolute = {}
        for table, what in ((_LIMITS, 'limit'), (_USED, 'in_use')):
            absolute.update({name: quotas[resource][what] for name, resource, last in table
                             if last is None or versions.is_supported(req, max_version=last)})
        return {'limits': {'rate': [], 'absolute': absolute}}
