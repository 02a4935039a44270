# SPDX-License-Identifier: Apache-2.0
"""Are the extra specs of a flavor known and meaningful? Asked from microversion 2.86 (nova-api).

Nova: nova/api/validation/extra_specs/validators.py.  ``known.py`` is the list of extra specs, ``values.py`` says what
their values may be.  A name without a namespace, or with one that nobody claims, may be anything.
"""
import re

from mininova import exception
from mininova.api.validation.extra_specs import known

_patterns = tuple((re.compile(pattern), check) for pattern, check in known.PATTERNS)
_namespaces = tuple(re.compile(pattern) for pattern in known.NAMESPACES)


def validate(name, value):
    """Check one extra spec.

    :param value: text
    :raises ValidationError: the value does not fit, or the name is unknown in a known namespace (400)
    """
    check = known.NAMES.get(name) or _check_by_pattern(name)
    if check is None:
        _refuse_unknown(name)
        return
    try:
        check(value)
    except ValueError as error:
        raise exception.ValidationError(detail=f"Validation failed; extra spec '{name}': {error}") from None


def _check_by_pattern(name):
    return next((check for pattern, check in _patterns if pattern.fullmatch(name)), None)


def _refuse_unknown(name):
    namespace, colon, _rest = name.partition(':')
    if colon and any(pattern.fullmatch(namespace) for pattern in _namespaces):
        raise exception.ValidationError(
            detail=f"Validation failed; there is no extra spec '{name}' in the namespace '{namespace}'.")
