# SPDX-License-Identifier: Apache-2.0
"""What rebuild and createImage accept.  Nova: nova/api/openstack/compute/schemas/servers.py."""
from mininova.api import validation
from mininova.api.openstack.compute.schemas import servers
from mininova.api.validation import parameter_types as types
from mininova.api.validation import response_types

_REBUILD, _IMAGE = ('rebuild',), ('createImage',)


def _action(name, properties, required):
    return {'type': 'object', 'properties': {name: {
        'type': 'object', 'properties': properties, 'required': required, 'additionalProperties': False}},
        'required': [name], 'additionalProperties': False}


rebuild = validation.body(_action('rebuild', {
    'name': types.name,
    'imageRef': types.image_id,
    'adminPass': types.admin_password,
    'metadata': types.metadata,
    'preserve_ephemeral': types.boolean,
    'OS-DCF:diskConfig': types.disk_config,
    'accessIPv4': types.access_ip_v4,
    'accessIPv6': types.access_ip_v6,
    'personality': types.personality,
}, ['imageRef']))
rebuild = validation.extend(rebuild, '2.0', {'name': types.name_with_leading_trailing_spaces}, at=_REBUILD)
rebuild = validation.extend(rebuild, '2.19', {'description': types.description}, at=_REBUILD)
rebuild = validation.extend(rebuild, '2.54', {'key_name': {'oneOf': [types.name, {'type': 'null'}]}}, at=_REBUILD)
rebuild = validation.extend(rebuild, '2.57', {'user_data': types.user_data_or_none}, drop=['personality'], at=_REBUILD)
rebuild = validation.extend(rebuild, '2.63', {'trusted_image_certificates': servers.TRUSTED_CERTS}, at=_REBUILD)
rebuild = validation.extend(rebuild, '2.90', {'hostname': types.hostname_rfc1123}, at=_REBUILD)
rebuild = validation.extend(rebuild, '2.94', {'hostname': types.fqdn}, at=_REBUILD)

create_image = validation.body(_action('createImage', {'name': types.name, 'metadata': types.metadata}, ['name']))
create_image = validation.extend(create_image, '2.0', {'name': types.name_with_leading_trailing_spaces}, at=_IMAGE)

image_response = validation.extend(validation.EMPTY, '2.45', schema=response_types.closed({
    'image_id': response_types.uuid}))
# Of no backups to keep there is none to name.
backup_response = validation.extend(validation.EMPTY, '2.45', schema={'oneOf': [
    response_types.closed({'image_id': response_types.uuid}), response_types.null]})
