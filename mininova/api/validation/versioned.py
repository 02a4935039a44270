# SPDX-License-Identifier: Apache-2.0
"""Schemas that change with the microversion: base plus changes, frozen into a map (nova-api).

Nova keeps one near-copy per version (``create_v219 = copy.deepcopy(create); ...``) and one decorator
for each; here a change is said once, at the version that made it.
"""
import copy
import functools

from mininova.api.openstack import api_version_request as versions
from mininova.api.validation import validators

LEGACY = '2.0'
BASE = '2.1'


class VersionMap:
    """Which schema holds from which version on. Made by ``body``, ``query`` and ``extend``; never changed.

    :param entries: {version text: schema}; '2.0' is for /v2 only and is optional
    """

    def __init__(self, entries):
        self._legacy = entries.get(LEGACY)
        self._entries = tuple(sorted(
            (versions.parse(version), document) for version, document in entries.items() if version != LEGACY))
        self._validators = {}

    def schema_for(self, version, legacy=False):
        """Return the schema that holds at a version (text or APIVersionRequest); None before the first."""
        if legacy and self._legacy is not None:
            return self._legacy
        index = self._index(versions.parse(version))
        return None if index is None else self._entries[index][1]

    def entries(self):
        """Return {version text: schema} as the constructor takes it."""
        found = {str(version): document for version, document in self._entries}
        return found if self._legacy is None else {LEGACY: self._legacy, **found}

    def validate_body(self, req, body):
        """Check a request's body; behind /v2 unknown keys are removed and names stripped in place.

        :raises ValidationError: with Nova's sentence (400)
        """
        validator = self.validator_for(req, validators.RelaxedBody if req.is_legacy_v2() else validators.Body)
        if validator:
            validator.validate(body)

    def validate_query(self, req):
        """Check a request's query and drop what an open schema does not know.

        :raises ValidationError: 400
        """
        validator = self.validator_for(req, validators.Query)
        if validator:
            validator.validate_request(req)

    def validator_for(self, req, kind):
        """Return what checks at the version of a request, made once of each kind; None before the first version.

        :param kind: class that takes a schema
        """
        legacy = req.is_legacy_v2()
        index = LEGACY if legacy and self._legacy is not None else self._index(req.api_version_request)
        if index is None:
            return None
        found = self._validators.get((kind, index))
        if found is None:
            document = self._legacy if index == LEGACY else self._entries[index][1]
            found = self._validators[(kind, index)] = kind(document)
        return found

    @functools.lru_cache(maxsize=2048)  # noqa: B019 (maps live as long as their modules)
    def _index(self, version):
        found = None
        for index, (start, _document) in enumerate(self._entries):
            if start <= version:
                found = index
        return found


def body(document):
    """Return a map whose one schema holds from 2.1 on (and behind /v2).

    :param document: JSON schema, or a map, which is returned as it is
    """
    if isinstance(document, VersionMap):
        return document
    return VersionMap({BASE: document})


def query(properties, closed='2.102', pattern_properties=None):
    """Return a map for a query: unknown keys are dropped below `closed` and refused from there on.

    :param properties: {key: schema of the list of its values}; see parameter_types.single_param, multi_params
    :param closed: version from which unknown keys are a 400; '2.75' for most lists, '2.102' for the rest
    :param pattern_properties: {regular expression: schema} for families of keys
    """
    def document(additional):
        found = {'type': 'object', 'properties': dict(properties), 'additionalProperties': additional}
        if pattern_properties:
            found['patternProperties'] = dict(pattern_properties)
        return found

    if closed == BASE:
        return VersionMap({BASE: document(False)})
    return VersionMap({BASE: document(True), closed: document(False)})


def extend(base, version, properties=None, *, required=(), optional=(), drop=(), at=None, change=None, schema=None):
    """Return a map that differs from `base` from a version on.

    What was said for later versions stays and gets the change too, so the order of calls does not matter.

    :param base: map or plain schema
    :param version: first version of the change; '2.0' changes what holds behind /v2 only
    :param properties: {name: schema}, added or replaced
    :param required: names that become required
    :param optional: names that are no longer required
    :param drop: names that vanish
    :param at: names that lead to the object meant, through arrays too, e.g. ('server',); None: the only property of
        the outermost object if that is an object, else the outermost object
    :param change: function(object schema) for anything else; edits in place
    :param schema: whole new schema instead of all that
    """
    entries = body(base).entries()
    target = versions.parse(version)
    if version == LEGACY:
        entries[LEGACY] = copy.deepcopy(entries.get(LEGACY, entries.get(BASE)))
        affected = [LEGACY]
    else:
        entries.setdefault(version, copy.deepcopy(body(base).schema_for(target)))
        affected = [key for key in entries if key != LEGACY and versions.parse(key) >= target]
    for key in affected:
        if schema is not None:
            entries[key] = copy.deepcopy(schema) if key == version else entries[key]
            continue
        entries[key] = copy.deepcopy(entries[key])
        _edit(_descend(entries[key], at), properties or {}, required, optional, drop)
        if change:
            change(_descend(entries[key], at))
    return VersionMap(entries)


def _descend(document, at):
    if at is None:
        inner = list(document.get('properties', {}).values())
        at = ()
        if len(inner) == 1 and isinstance(inner[0], dict) and 'properties' in inner[0]:
            return inner[0]
    for name in at:
        document = document['properties'][name]
        document = document.get('items', document)
    return document


def _edit(document, properties, required, optional, drop):
    known = document.setdefault('properties', {})
    known.update(copy.deepcopy(properties))
    for name in drop:
        del known[name]
    left = [name for name in document.get('required', ()) if name not in drop and name not in optional]
    left.extend(name for name in required if name not in left)
    if left:
        document['required'] = left
    else:
        document.pop('required', None)
