# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-quota-class-sets may contain.  Nova: nova/api/openstack/compute/schemas/quota_classes.py."""
from mininova.api import validation
from mininova.api.openstack.compute.schemas import quota_sets
from mininova.api.validation import response_types

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

# -- answers ------------------------------------------------------------------------------

def _answer(**more):
    found = response_types.one('quota_class_set', response_types.closed(
        {**more, **dict.fromkeys(_names, response_types.limit)}))
    found = response_types.extend(
        found, '2.50', dict.fromkeys(('server_groups', 'server_group_members'), response_types.limit),
        drop=['fixed_ips', 'floating_ips', 'security_groups', 'security_group_rules'], at=('quota_class_set',))
    return response_types.extend(found, '2.57', drop=quota_sets.INJECTED, at=('quota_class_set',))


show_response = _answer(id=response_types.string)
update_response = _answer()
