# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-quota-sets may contain.  Nova: nova/api/openstack/compute/schemas/quota_sets.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types

limit = {'type': ['integer', 'string'], 'pattern': r'^-?[0-9]+\Z', 'minimum': -1, 'maximum': parameter_types.MAX_INT,
         'minLength': 1}
NETWORK = ('fixed_ips', 'floating_ips', 'security_groups', 'security_group_rules', 'networks')
INJECTED = ('injected_files', 'injected_file_content_bytes', 'injected_file_path_bytes')
_names = ('instances', 'cores', 'ram', 'metadata_items', 'key_pairs', 'server_groups', 'server_group_members', *NETWORK,
          *INJECTED)

update = validation.body({
    'type': 'object',
    'properties': {'quota_set': {
        'type': 'object', 'properties': {**dict.fromkeys(_names, limit), 'force': parameter_types.boolean},
        'additionalProperties': False}},
    'required': ['quota_set'], 'additionalProperties': False})
update = validation.extend(update, '2.36', drop=NETWORK)
update = validation.extend(update, '2.57', drop=INJECTED)

query = validation.query({'user_id': parameter_types.multi_params({'type': 'string', 'maxLength': 255})}, closed='2.75')
defaults_query = validation.query({})

# -- answers ------------------------------------------------------------------------------

_usage = response_types.closed({'limit': response_types.limit, 'in_use': response_types.count,
                                'reserved': {'const': 0}})


def _answer(value, **more):
    shown = [name for name in _names if name != 'networks']
    found = response_types.one('quota_set', response_types.closed({**more, **dict.fromkeys(shown, value)}))
    found = response_types.extend(found, '2.36', drop=[name for name in NETWORK if name in shown], at=('quota_set',))
    return response_types.extend(found, '2.57', drop=INJECTED, at=('quota_set',))


show_response = defaults_response = _answer(response_types.limit, id=response_types.project_id)
detail_response = _answer(_usage, id=response_types.project_id)
update_response = _answer(response_types.limit)
delete_response = response_types.EMPTY
