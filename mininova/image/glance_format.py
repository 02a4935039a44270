# SPDX-License-Identifier: Apache-2.0
"""Images of the image API v2 and our dictionaries, one into the other.  Nova: the functions of nova/image/glance.py.

In v2 a property is a text beside the fields; in ours, as in v1, all properties are in a dictionary of their own.
"""
from oslo_utils import timeutils

FIELDS = ('id', 'name', 'status', 'size', 'container_format', 'disk_format', 'min_ram', 'min_disk', 'owner',
          'visibility', 'protected', 'checksum', 'created_at', 'updated_at')
WRITABLE = ('id', 'name', 'container_format', 'disk_format', 'min_ram', 'min_disk', 'visibility', 'protected')
NOT_PROPERTIES = frozenset((*FIELDS, 'self', 'file', 'schema', 'locations', 'direct_url', 'tags', 'stores',
                            'virtual_size', 'os_hidden', 'os_hash_algo', 'os_hash_value'))
PROPERTY_PREFIX = 'property-'


def from_v2(document):
    """Turn an image of API v2 into our dictionary."""
    image = {name: document.get(name) for name in FIELDS}
    image.update(
        min_ram=document.get('min_ram') or 0, min_disk=document.get('min_disk') or 0,
        created_at=_time(document.get('created_at')), updated_at=_time(document.get('updated_at')),
        is_public=document.get('visibility') == 'public', deleted=document.get('status') == 'deleted',
        properties=properties_of(document))
    return image


def properties_of(document):
    """Return what of an image of API v2 is a property."""
    return {name: value for name, value in document.items() if name not in NOT_PROPERTIES}


def digest_of(document):
    """Return (algorithm, digest) of an image's bytes, the best that the image service has."""
    if document.get('os_hash_algo') and document.get('os_hash_value'):
        return document['os_hash_algo'], document['os_hash_value']
    return 'md5', document.get('checksum')


def _time(text):
    return timeutils.normalize_time(timeutils.parse_isotime(text)) if text else None


def to_v2(image):
    """Turn our dictionary, or a part of it, into fields of API v2.

    A property with the name of a field is left out: it would change the field, e.g. who may see the image.
    """
    fields = {name: image[name] for name in WRITABLE if image.get(name) is not None}
    fields.update({name: value if isinstance(value, str) else str(value)
                   for name, value in (image.get('properties') or {}).items()
                   if value is not None and name not in NOT_PROPERTIES})
    return fields


def patch(current, wanted, purge_props):
    """Return the JSON patch that makes an image of API v2 what is wanted.

    :param current: the image as it is, in API v2
    :param wanted: fields, in API v2
    :param purge_props: remove the properties that are not wanted
    """
    steps = [{'op': 'replace' if name in current else 'add', 'path': _pointer(name), 'value': value}
             for name, value in wanted.items() if current.get(name) != value and name != 'id']
    if purge_props:
        steps += [{'op': 'remove', 'path': _pointer(name)} for name in properties_of(current) if name not in wanted]
    return steps


def _pointer(name):
    return '/' + name.replace('~', '~0').replace('/', '~1')


def to_query(filters):
    """Turn filters into query keys of API v2, where a property is a key like any other."""
    query = {name.removeprefix(PROPERTY_PREFIX): value for name, value in filters.items() if name != 'changes-since'}
    if 'changes-since' in filters:
        query['updated_at'] = f'gte:{filters["changes-since"]}'
    return query
