# SPDX-License-Identifier: Apache-2.0
"""JSON schema validators with the Compute API's formats and sentences, built once per schema (nova-api).

Nova: nova/api/validation/validators.py, which builds a validator for each request.
"""
import math
import re

import jsonschema
import jsonschema.exceptions

from mininova import exception
from mininova.api.validation import formats

_MAX_VALUE = 300
_MAX_SENTENCE = 1500
# Formats of names: behind /v2 blanks around them are cut off before anything is checked.
_STRIPPED_FORMATS = {'name', 'az_name', 'keypair_name_20', 'keypair_name_292'}


def _number(instance):
    """Read the number that an integer or its text means, infinite where it is absurd; None if it is neither."""
    if isinstance(instance, bool):
        return None
    if isinstance(instance, int | float):
        return instance
    if not isinstance(instance, str):
        return None
    try:
        return int(instance) if len(instance) < 4000 else math.copysign(math.inf, -1 if instance[0] == '-' else 1)
    except ValueError:
        return None


def _minimum(validator, minimum, instance, schema):
    number = _number(instance)
    if number is None:
        return
    if schema.get('exclusiveMinimum'):
        failed, words = number <= minimum, 'less than or equal to'
    else:
        failed, words = number < minimum, 'less than'
    if failed:
        yield jsonschema.ValidationError(f'{instance!r} is {words} the minimum of {minimum!r}')


def _maximum(validator, maximum, instance, schema):
    number = _number(instance)
    if number is None:
        return
    if schema.get('exclusiveMaximum'):
        failed, words = number >= maximum, 'greater than or equal to'
    else:
        failed, words = number > maximum, 'greater than'
    if failed:
        yield jsonschema.ValidationError(f'{instance!r} is {words} the maximum of {maximum!r}')


def _remove_unknown(validator, allowed, instance, schema):
    """Behind /v2 a closed object loses its unknown keys instead of being refused."""
    if not validator.is_type(instance, 'object') or allowed is not False:
        return
    patterns = [re.compile(pattern) for pattern in schema.get('patternProperties', ())]
    for key in list(instance):
        if key not in schema.get('properties', ()) and not any(pattern.search(key) for pattern in patterns):
            del instance[key]


def _stripping_properties(validator, properties, instance, schema):
    """Behind /v2 blanks around a name are cut off."""
    if not validator.is_type(instance, 'object'):
        return
    for name, inner in properties.items():
        if name not in instance:
            continue
        value = instance[name]
        if isinstance(value, str) and inner.get('format') in _STRIPPED_FORMATS:
            instance[name] = value.strip()
        yield from validator.descend(instance[name], inner, path=name, schema_path=name)


_Strict = jsonschema.validators.extend(jsonschema.Draft4Validator, {'minimum': _minimum, 'maximum': _maximum})
_Relaxed = jsonschema.validators.extend(
    _Strict, {'additionalProperties': _remove_unknown, 'properties': _stripping_properties})


def _shorten(text, limit):
    return text if len(text) <= limit else text[:limit] + '...'


class Body:
    """Checks the body of requests against one schema."""

    kind = 'field/attribute'
    validator_class = _Strict

    def __init__(self, schema):
        self.schema = schema
        self._validator = self.validator_class(schema, format_checker=formats.CHECKER)

    def validate(self, document):
        """
        :raises ValidationError: with Nova's sentence (400)
        """
        try:
            error = next(self._validator.iter_errors(document), None)
        except (TypeError, RecursionError) as failure:
            raise exception.ValidationError(detail=_shorten(str(failure), _MAX_SENTENCE)) from None
        if error is not None:
            raise exception.ValidationError(detail=self._sentence(error))

    def _sentence(self, error):
        reason = _shorten(str(error.cause) if isinstance(error.cause, formats.InvalidName) else error.message,
                          _MAX_SENTENCE)
        if not error.path:
            return reason
        value = _shorten(str(error.instance), _MAX_VALUE)
        return f'Invalid input for {self.kind} {self._field(error)}. Value: {value}. {reason}'

    def _field(self, error):
        return _shorten(str(error.path[-1]), 255)


class RelaxedBody(Body):
    """Checks the body of requests behind /v2, and mends it in place."""

    validator_class = _Relaxed


class Query(Body):
    """Checks the query of requests: every key has a list of values."""

    kind = 'query parameters'

    def __init__(self, schema):
        super().__init__(schema)
        self._known = frozenset(schema.get('properties', ()))
        self._patterns = tuple(re.compile(pattern) for pattern in schema.get('patternProperties', ()))
        self._needed = bool(schema.get('required'))

    def validate_request(self, req):
        """Check ``req.GET`` and drop from it what an open schema does not know.

        :raises ValidationError: 400
        """
        if not req.environ.get('QUERY_STRING') and not self._needed:
            return
        try:
            values = req.GET.dict_of_lists()
        except UnicodeDecodeError:
            raise exception.ValidationError(detail='Query string is not UTF-8 encoded') from None
        self.validate(values)
        for key in values:
            if key not in self._known and not any(pattern.search(key) for pattern in self._patterns):
                del req.GET[key]

    def _field(self, error):
        return _shorten(str(error.path[0]), 255)
