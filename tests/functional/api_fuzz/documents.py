# SPDX-License-Identifier: Apache-2.0
"""Strategies for documents that a schema of requests accepts, or would but for one value.

hypothesis-jsonschema leans on insides of hypothesis that are gone; the schemas here use a small part of the language.
"""
import base64
import sys

from hypothesis import strategies as st

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3), max_leaves=5)
TEXTS = {
    'uuid': st.uuids().map(str), 'date-time': st.datetimes().map(lambda time: time.isoformat() + 'Z'),
    'ipv4': st.ip_addresses(v=4).map(str), 'ipv6': st.ip_addresses(v=6).map(str), 'ip': st.ip_addresses().map(str),
    'cidr': st.ip_addresses(v=4).map('{}/24'.format), 'uri': st.just('http://a/b'),
    'base64': st.binary(max_size=9).map(lambda data: base64.b64encode(data).decode()),
}


def documents(schema):
    """Return a strategy: documents as the schema wants them, with one value replaced, or with nothing in common."""
    right = fitting(schema)
    return right | st.tuples(right, ANYTHING, st.integers(0, 50)).map(lambda drawn: _damaged(*drawn)) | ANYTHING


def fitting(schema):
    """Return a strategy of what a schema (draft 4) accepts; formats of names are left to chance."""
    if schema is True or not schema:
        return ANYTHING
    for choice in ('oneOf', 'anyOf'):
        if choice in schema:
            rest = {key: value for key, value in schema.items() if key != choice}
            return st.one_of([fitting({**rest, **one}) for one in schema[choice]])
    if 'enum' in schema:
        return st.sampled_from(schema['enum'])
    kinds = schema.get('type', 'string')
    return st.one_of([_OF_TYPE[kind](schema) for kind in ([kinds] if isinstance(kinds, str) else kinds)])


def _objects(schema):
    known = schema.get('properties', {})
    required = {name: fitting(known.get(name)) for name in schema.get('required', ())}
    optional = {name: fitting(inner) for name, inner in known.items() if name not in required}
    named = st.fixed_dictionaries(required, optional=optional)
    families = [st.dictionaries(st.from_regex(_plain(pattern), fullmatch=True), fitting(inner), max_size=2)
                for pattern, inner in schema.get('patternProperties', {}).items()]
    return st.tuples(named, *families).map(lambda parts: {key: value for part in reversed(parts)
                                                          for key, value in part.items()})


def _arrays(schema):
    smallest = schema.get('minItems', 0)
    return st.lists(fitting(schema.get('items')), min_size=smallest,
                    max_size=max(smallest, min(schema.get('maxItems', 3), 3)))


def _strings(schema):
    if schema.get('format') in TEXTS:
        return TEXTS[schema['format']]
    if 'pattern' in schema:
        return st.from_regex(_plain(schema['pattern']), fullmatch=True).map(lambda text: text[:300])
    smallest = schema.get('minLength', 0)
    return st.text(min_size=smallest, max_size=max(smallest, min(schema.get('maxLength', 20), 20)))


def _integers(schema):
    return st.integers(schema.get('minimum', -5), schema.get('maximum', sys.maxsize))


_OF_TYPE = {
    'object': _objects, 'array': _arrays, 'string': _strings, 'integer': _integers, 'number': _integers,
    'boolean': lambda schema: st.booleans(), 'null': lambda schema: st.none()}


def _plain(pattern):
    """Return a regular expression without its anchors."""
    return pattern.removeprefix('^').replace(r'\Z', '').removesuffix('$')


def _damaged(document, value, place):
    """Return a document with something else at one of its places."""
    places = list(_places(document))
    if not places:
        return value
    container, key = places[place % len(places)]
    container[key] = value
    return document


def _places(document):
    if isinstance(document, dict | list):
        for key in document if isinstance(document, dict) else range(len(document)):
            yield document, key
            yield from _places(document[key])
