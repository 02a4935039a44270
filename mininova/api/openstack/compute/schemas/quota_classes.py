# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-quota-class-sets may contain.  Nova: nova/api/openstack/compute/schemas/quota_classes.py."""
from mininova.api import validation
from mininova.api.openstack.compute.schemas import quota_sets

_names = ('instances', 'cores', 'ram', 'metadata_items', 'key_pairs', 'fixed_ips', 'floating_ips', 'security_groups',
          'security_group_rules', *quota_sets.INJECTED)

update = validation.body({
    'type': 'object',
    'properties': {'quota_class_set': {'type': 'object', 'properties': dict.fromkeys(_names, quota_sets.limit),
                                       'additionalProperties': False}},
    'required': ['quota_class_set'], 'additionalProperties': False})
update = validation.extend(update, '2.50', dict.fromkeys(('server_groups', 'server_group_members'), quota_sets.limit),
                           drop=['fixed_ips', 'floating_ips', 'security_groups', 'security_group_rules'])
update = validation.extend(update, '2.57', drop=quota_sets.INJECTED)

query = validation.query({})
