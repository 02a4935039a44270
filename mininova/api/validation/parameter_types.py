# SPDX-License-Identifier: Apache-2.0
"""Schemas of single values that several resources share (nova-api).  Nova: nova/api/validation/parameter_types.py."""

MAX_INT = 0x7FFFFFFF

# -- queries: every key has a list of values -------------------------------------------


def single_param(schema):
    """A query key that may be given once."""
    return {**multi_params(schema), 'maxItems': 1}


def multi_params(schema):
    """A query key that may be repeated."""
    return {'type': 'array', 'items': schema}


# -- numbers ----------------------------------------------------------------------------

positive_integer = {'type': ['integer', 'string'], 'pattern': r'^[0-9]*\Z', 'minimum': 1, 'minLength': 1}
non_negative_integer = {'type': ['integer', 'string'], 'pattern': r'^[0-9]*\Z', 'minimum': 0, 'minLength': 1}
flavor_param_positive = {**positive_integer, 'maximum': MAX_INT}
flavor_param_non_negative = {**non_negative_integer, 'maximum': MAX_INT}
volume_size = {'type': ['integer', 'string'], 'pattern': r'^[0-9]+\Z', 'minimum': 1, 'maximum': MAX_INT}
positive_integer_or_none = {**positive_integer, 'type': ['integer', 'string', 'null']}

# -- truth --------------------------------------------------------------------------------

boolean = {'type': ['boolean', 'string'], 'enum': [
    True, 'True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes', 'y', 't',
    False, 'False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no', 'n', 'f']}
none = {'enum': ['None', None, {}]}

# -- names --------------------------------------------------------------------------------

name = {'type': 'string', 'minLength': 1, 'maxLength': 255, 'format': 'name'}
name_with_leading_trailing_spaces = {**name, 'format': 'name_with_leading_trailing_spaces'}
az_name = {'type': 'string', 'minLength': 1, 'maxLength': 255, 'format': 'az_name'}
az_name_with_leading_trailing_spaces = {**az_name, 'format': 'az_name_with_leading_trailing_spaces'}
keypair_name = {'type': 'string', 'minLength': 1, 'maxLength': 255, 'format': 'keypair_name_20'}
keypair_name_v292 = {**keypair_name, 'format': 'keypair_name_292'}
keypair_name_special_chars = keypair_name_v292
description = {'type': ['string', 'null'], 'minLength': 0, 'maxLength': 255, 'format': 'printable'}
hostname = {'type': 'string', 'minLength': 1, 'maxLength': 255, 'pattern': r'^[a-zA-Z0-9-._]*\Z'}
hostname_or_ip_address = {'type': 'string', 'minLength': 0, 'maxLength': 255, 'pattern': r'^[a-zA-Z0-9-_.:]*\Z'}
hostname_rfc1123 = {'type': 'string', 'minLength': 2, 'maxLength': 63, 'format': 'hostname'}
fqdn = {'type': 'string', 'minLength': 2, 'maxLength': 255, 'format': 'fqdn'}
project_id = {'type': 'string', 'minLength': 1, 'maxLength': 255, 'pattern': r'^[a-zA-Z0-9-]*\Z'}
user_id = project_id
admin_password = {'type': 'string'}

# -- ids ----------------------------------------------------------------------------------

uuid = {'type': 'string', 'format': 'uuid'}
server_id = uuid
image_id = uuid
volume_id = uuid
network_id = uuid
network_port_id = uuid
image_ref = {'type': 'string'}
image_id_or_empty_string = {'oneOf': [{'type': 'string', 'format': 'uuid'}, {'type': 'string', 'maxLength': 0}]}
flavor_ref = {'type': ['string', 'integer'], 'minLength': 1}

# -- addresses ----------------------------------------------------------------------------

ip_address = {'type': 'string', 'oneOf': [{'format': 'ipv4'}, {'format': 'ipv6'}]}
ipv4 = {'type': 'string', 'format': 'ipv4'}
ipv6 = {'type': 'string', 'format': 'ipv6'}
access_ip_v4 = ipv4
access_ip_v6 = ipv6
cidr = {'type': 'string', 'format': 'cidr'}
mac_address = {'type': 'string', 'pattern': r'^([0-9a-fA-F]{2})(:[0-9a-fA-F]{2}){5}\Z'}

# -- key and value families ----------------------------------------------------------------


def _family(value):
    """A free set of keys, each with a value of one kind."""
    return {'type': 'object', 'additionalProperties': False,
            'patternProperties': {r'^[a-zA-Z0-9-_:. ]{1,255}\Z': value}}


metadata = _family({'type': 'string', 'maxLength': 255})
metadata_with_null = _family({'type': ['string', 'null'], 'maxLength': 255})
extra_specs = _family({'type': ['string', 'number'], 'maxLength': 255})
# A comma would end the tag in a filter (tags=a,b), a slash in a URL.
tag = {'type': 'string', 'minLength': 1, 'maxLength': 60, 'pattern': r'^[^,/]*\Z'}
tags = {'type': 'array', 'items': tag, 'maxItems': 50}
disk_config = {'type': 'string', 'enum': ['AUTO', 'MANUAL']}
personality = {'type': 'array', 'items': {
    'type': 'object', 'properties': {'path': {'type': 'string'}, 'contents': {'type': 'string', 'format': 'base64'}},
    'additionalProperties': False}}
user_data = {'type': 'string', 'format': 'base64', 'maxLength': 65535}
user_data_or_none = {'oneOf': [user_data, {'type': 'null'}]}

# -- paging and time, as query keys -----------------------------------------------------------

limit_param = multi_params(non_negative_integer)
marker_param = multi_params({'type': 'string'})
pagination_parameters = {'limit': limit_param, 'marker': marker_param}
changes_since_param = single_param({'type': 'string', 'format': 'date-time'})
