# SPDX-License-Identifier: Apache-2.0
"""What /servers accepts, by microversion.  Nova: nova/api/openstack/compute/schemas/servers.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types as types

# -- disks ---------------------------------------------------------------------------------------

_OLD_DEVICE = {
    'virtual_name': {'type': 'string', 'maxLength': 255},
    'volume_id': types.volume_id,
    'snapshot_id': types.image_id,
    'volume_size': types.volume_size,
    'device_name': {'type': 'string', 'minLength': 1, 'maxLength': 255, 'pattern': r'^[a-zA-Z0-9._/-]*\Z'},
    'delete_on_termination': types.boolean,
    'no_device': {},
    'connection_info': {'type': 'string', 'maxLength': 16777215},
}
_DEVICE = {
    **_OLD_DEVICE,
    'source_type': {'type': 'string', 'enum': ['volume', 'image', 'snapshot', 'blank']},
    'uuid': {'type': 'string', 'minLength': 1, 'maxLength': 255, 'pattern': r'^[a-zA-Z0-9._-]*\Z'},
    'image_id': types.image_id,
    'destination_type': {'type': 'string', 'enum': ['local', 'volume']},
    'guest_format': {'type': 'string', 'maxLength': 255},
    'device_type': {'type': 'string', 'maxLength': 255},
    'disk_bus': {'type': 'string', 'maxLength': 255},
    'boot_index': {'type': ['integer', 'string', 'null'], 'pattern': r'^-?[0-9]+\Z'},
}


def _closed(properties, **more):
    return {'type': 'object', 'properties': properties, 'additionalProperties': False, **more}


def _list_of(properties):
    return {'type': 'array', 'items': _closed(properties)}


# -- scheduler hints -------------------------------------------------------------------------------

_ID_OR_IDS = {'oneOf': [types.server_id, {'type': 'array', 'items': types.server_id}]}
_HINTS = {
    'type': 'object',
    'properties': {
        'group': types.uuid,
        'different_host': _ID_OR_IDS,
        'same_host': _ID_OR_IDS,
        'query': {'type': ['string', 'object']},
        'target_cell': types.name,
        'different_cell': {'type': ['string', 'array'], 'items': {'type': 'string'}},
        'build_near_host_ip': types.ip_address,
        'cidr': {'type': 'string', 'pattern': r'^/[0-9a-f.:]+\Z'},
    },
    'additionalProperties': True,
}

# -- POST /servers -----------------------------------------------------------------------------------

_SERVER = ('server',)
_NETWORK = {'fixed_ip': types.ip_address, 'port': {'oneOf': [types.network_port_id, {'type': 'null'}]}}
TRUSTED_CERTS = {
    'oneOf': [{'type': 'array', 'items': {'type': 'string', 'minLength': 1}, 'minItems': 1, 'maxItems': 50,
               'uniqueItems': True},
              {'type': 'null'}]}

create = validation.body(_closed({
    'server': _closed({
        'name': types.name,
        'imageRef': types.image_id_or_empty_string,
        'flavorRef': types.flavor_ref,
        'adminPass': types.admin_password,
        'metadata': types.metadata,
        'networks': _list_of({**_NETWORK, 'uuid': {'type': 'string'}}),
        'OS-DCF:diskConfig': types.disk_config,
        'accessIPv4': types.access_ip_v4,
        'accessIPv6': types.access_ip_v6,
        'personality': types.personality,
        'availability_zone': types.name,
        'block_device_mapping': _list_of(_OLD_DEVICE),
        'block_device_mapping_v2': _list_of(_DEVICE),
        'config_drive': types.boolean,
        'key_name': types.name,
        'min_count': types.positive_integer,
        'max_count': types.positive_integer,
        'return_reservation_id': types.boolean,
        'security_groups': _list_of({'name': types.name}),
        'user_data': types.user_data,
    }, required=['name', 'flavorRef']),
    'os:scheduler_hints': _HINTS,
    'OS-SCH-HNT:scheduler_hints': _HINTS,
}, required=['server']))


def _networks_by_name(tagged):
    """Return the schema of networks from 2.37 on: a list, 'auto' or 'none'."""
    network = {**_NETWORK, 'uuid': types.network_id, **({'tag': types.tag} if tagged else {})}
    return {'oneOf': [_list_of(network), {'type': 'string', 'enum': ['none', 'auto']}]}


create = validation.extend(create, '2.0', {'user_data': types.user_data_or_none}, at=_SERVER)
create = validation.extend(create, '2.19', {'description': types.description}, at=_SERVER)
# Device tags exist in 2.32, were lost by mistake for disks in 2.33 and for networks in 2.37, and are back from 2.42 on.
create = validation.extend(create, '2.32', {
    'networks': _list_of({**_NETWORK, 'uuid': {'type': 'string'}, 'tag': types.tag}),
    'block_device_mapping_v2': _list_of({**_DEVICE, 'tag': types.tag})}, at=_SERVER)
create = validation.extend(create, '2.33', {'block_device_mapping_v2': _list_of(_DEVICE)}, at=_SERVER)
create = validation.extend(create, '2.37', {'networks': _networks_by_name(False)}, required=['networks'], at=_SERVER)
create = validation.extend(create, '2.42', {
    'networks': _networks_by_name(True), 'block_device_mapping_v2': _list_of({**_DEVICE, 'tag': types.tag})},
    at=_SERVER)
create = validation.extend(create, '2.52', {'tags': types.tags}, at=_SERVER)
create = validation.extend(create, '2.57', drop=['personality'], at=_SERVER)
create = validation.extend(create, '2.63', {'trusted_image_certificates': TRUSTED_CERTS}, at=_SERVER)
create = validation.extend(create, '2.67', {'block_device_mapping_v2': _list_of(
    {**_DEVICE, 'tag': types.tag, 'volume_type': {'type': ['string', 'null'], 'maxLength': 255}})}, at=_SERVER)
create = validation.extend(create, '2.74', {'host': types.hostname, 'hypervisor_hostname': types.hostname}, at=_SERVER)
create = validation.extend(create, '2.90', {'hostname': types.hostname_rfc1123}, at=_SERVER)
create = validation.extend(create, '2.94', {'hostname': types.fqdn}, at=_SERVER)

# -- PUT /servers/{id} -----------------------------------------------------------------------------------

update = validation.body(_closed({'server': _closed({
    'name': types.name,
    'OS-DCF:diskConfig': types.disk_config,
    'accessIPv4': types.access_ip_v4,
    'accessIPv6': types.access_ip_v6,
})}, required=['server']))
update = validation.extend(update, '2.19', {'description': types.description})
update = validation.extend(update, '2.90', {'hostname': types.hostname_rfc1123})
update = validation.extend(update, '2.94', {'hostname': types.fqdn})
update = validation.extend(update, '2.104', {'pinned_availability_zone': {**types.az_name, 'type': ['string', 'null']}})

# -- queries -------------------------------------------------------------------------------------------

show_query = validation.query({})
delete_query = validation.query({})

# Sort keys that were accepted once and never sorted: ignored below 2.75, refused from there on.
IGNORED_SORT_KEYS = (
    'architecture', 'cell_name', 'cleaned', 'default_ephemeral_device', 'default_swap_device', 'deleted', 'deleted_at',
    'disable_terminate', 'ephemeral_gb', 'ephemeral_key_uuid', 'id', 'key_data', 'launched_on', 'locked', 'memory_mb',
    'os_type', 'reservation_id', 'root_gb', 'shutdown_terminate', 'user_data', 'vcpus', 'vm_mode')
SORT_KEYS = (
    'access_ip_v4', 'access_ip_v6', 'auto_disk_config', 'availability_zone', 'config_drive', 'created_at',
    'display_description', 'display_name', 'host', 'hostname', 'image_ref', 'instance_type_id', 'kernel_id', 'key_name',
    'launch_index', 'launched_at', 'locked_by', 'node', 'power_state', 'progress', 'project_id', 'ramdisk_id',
    'root_device_name', 'task_state', 'terminated_at', 'updated_at', 'user_id', 'uuid', 'vm_state')
# Filters that would reach into other tables of Nova: known, and refused.
JOINED_TABLES = ('block_device_mapping', 'services', 'metadata', 'system_metadata', 'info_cache', 'security_groups',
                 'pci_devices')

_TEXT = types.multi_params({'type': 'string'})
_REGEX = types.multi_params({'type': 'string', 'format': 'regex'})
_TIME = types.multi_params({'type': 'string', 'format': 'date-time'})


def _sort_keys(*names):
    return types.multi_params({'type': 'string', 'enum': list(names)})


index_query = validation.query({
    **dict.fromkeys(JOINED_TABLES, _TEXT),
    **dict.fromkeys(('user_id', 'project_id', 'tenant_id', 'launch_index', 'image_ref', 'image', 'vm_state',
                     'task_state',
                     'host', 'uuid', 'sort_dir', 'all_tenants', 'soft_deleted', 'deleted', 'status'), _TEXT),
    **dict.fromkeys(('kernel_id', 'ramdisk_id', 'hostname', 'key_name', 'power_state', 'node', 'flavor',
                     'reservation_id',
                     'launched_at', 'terminated_at', 'availability_zone', 'name', 'display_name', 'description',
                     'display_description', 'locked_by', 'root_device_name', 'config_drive', 'access_ip_v4',
                     'access_ip_v6', 'auto_disk_config', 'progress', 'ip', 'ip6', 'created_at'), _REGEX),
    'changes-since': _TIME,
    'sort_key': _sort_keys(*SORT_KEYS, *IGNORED_SORT_KEYS),
    **types.pagination_parameters,
}, closed='2.75', pattern_properties={'^_': _TEXT})
index_query = validation.extend(
    index_query, '2.26', dict.fromkeys(('tags', 'tags-any', 'not-tags', 'not-tags-any'), _REGEX), at=())
index_query = validation.extend(index_query, '2.66', {'changes-before': _TIME}, at=())
index_query = validation.extend(index_query, '2.73', {'locked': _TEXT}, at=())
index_query = validation.extend(index_query, '2.75', {'sort_key': _sort_keys(*SORT_KEYS, 'locked')}, at=())
