# SPDX-License-Identifier: Apache-2.0
"""Parts of the schemas of answers that several resources share (nova-api).

Nova: nova/api/validation/response_types.py.

Schemas of answers are exact: objects are closed, and a key that is not always there is named in `optional`. One map
is extended microversion by microversion as those of requests are.
"""
from mininova.api import validation

EMPTY = validation.EMPTY
NEVER = validation.body({'not': {}})                # an operation that only refuses: whatever it answered were wrong

string = {'type': 'string'}
integer = {'type': 'integer'}
number = {'type': 'number'}
boolean = {'type': 'boolean'}
null = {'type': 'null'}
uuid = {'type': 'string', 'format': 'uuid'}
date_time = {'type': 'string', 'format': 'date-time'}              # 2026-01-31T12:00:00Z
plain_time = {'type': 'string', 'pattern': r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\Z'}     # 2026-01-31T12:00:00.000000
mac_address = {'type': 'string', 'format': 'mac-address'}
uri = {'type': 'string', 'format': 'uri'}
strings = {'type': 'object', 'additionalProperties': string}       # metadata, extra specs
one_string = {**strings, 'minProperties': 1, 'maxProperties': 1}   # one key of those
project_id = user_id = string
count = {'type': 'integer', 'minimum': 0}
limit = {'type': 'integer', 'minimum': -1}                         # of a quota; -1 is no limit
empty_list = {'type': 'array', 'maxItems': 0}
# What is shown has not been deleted, though Nova shows these two keys of some records.
not_deleted = {'deleted': {'const': False}, 'deleted_at': null}


def closed(properties, optional=()):
    """Return an object with exactly these keys.

    :param optional: names of those that are not always there
    """
    required = [name for name in properties if name not in optional]
    document = {'type': 'object', 'properties': properties, 'additionalProperties': False}
    return {**document, 'required': required} if required else document


def nullable(schema):
    """Return the schema of something that may be null."""
    if isinstance(schema.get('type'), str) and 'enum' not in schema:
        return {**schema, 'type': [schema['type'], 'null']}
    return {'oneOf': [schema, null]}


def array(items, **limits):
    return {'type': 'array', 'items': items, **limits}


def choice(*values):
    """Return one of some texts."""
    return {'type': 'string', 'enum': list(values)}


state, status = choice('up', 'down'), choice('enabled', 'disabled')        # of services and their hosts


_link = closed({'href': uri, 'rel': {'type': 'string', 'enum': ['self', 'bookmark', 'describedby', 'alternate']},
                'type': string}, optional=['type'])
links = array(_link)
# Where a page that is full is continued.
collection_links = array(closed({'href': uri, 'rel': {'const': 'next'}}), minItems=1, maxItems=1)


def links_as(*kinds):
    """Return exactly these links, in this order.

    :param kinds: relations, or (relation, type of what is there)
    """
    entries = [{'rel': {'const': kind}} if isinstance(kind, str) else
               {'rel': {'const': kind[0]}, 'type': {'const': kind[1]}} for kind in kinds]
    return {'type': 'array', 'prefixItems': [closed({'href': uri, **entry}) for entry in entries], 'items': False,
            'minItems': len(entries)}


own_links = links_as('self', 'bookmark')


def one(name, schema):
    """Return the map of an answer like {"flavor": {...}}."""
    return validation.body(closed({name: schema}))


def many(name, schema, paged=True):
    """Return the map of an answer like {"flavors": [{...}], "flavors_links": [...]}."""
    pages = {f'{name}_links': collection_links} if paged else {}
    return validation.body(closed({name: array(schema), **pages}, optional=pages))


def extend(base, version, properties=None, *, optional=(), drop=(), at):
    """Return a map in which the objects at `at` change from a version on; new keys are always there unless optional.

    :param at: way to the object, through arrays too, e.g. ('flavors',) or ('server', 'addresses')
    """
    required = [name for name in properties or {} if name not in optional]
    return validation.extend(base, version, properties, required=required, optional=optional, drop=drop, at=at)


def paged(base, version, name):
    """Return a map in which a full page has a link to the next one, from a version on.

    :param name: of the list, e.g. 'hypervisors'
    """
    return extend(base, version, {f'{name}_links': collection_links}, optional=[f'{name}_links'], at=())
