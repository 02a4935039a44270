# SPDX-License-Identifier: Apache-2.0
"""Whether answers follow the schemas that say what they are (nova-api).

Nova: the response decorator of nova/api/validation/__init__.py.  How much it costs is decided by ``[api]
response_validation``; the tests run with ``error``, which is what keeps the schemas true.
"""
import jsonschema
import orjson
from oslo_log import log

import mininova.conf
from mininova import exception
from mininova.api.validation import formats

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

IGNORE, WARN, ERROR = 'ignore', 'warn', 'error'
# What these keywords say names keys only; the message of any other one quotes the answer, which may hold a secret.
_SAFE = frozenset(('additionalProperties', 'required'))


class Answer:
    """Checks the answers of a method against one schema, in the dialect of OpenAPI 3.1."""

    def __init__(self, schema):
        self._validator = jsonschema.Draft202012Validator(schema, format_checker=formats.CHECKER)

    def faults(self, document):
        """Return what is wrong with an answer, a sentence each, without a value of it."""
        return [self._sentence(error) for error in self._validator.iter_errors(document)]

    @staticmethod
    def _sentence(error):
        said = error.message if error.validator in _SAFE else f'{error.validator}: {error.validator_value!r} is broken'
        return f'{error.json_path}: {said}'


def check(name, schema_map, req, body):
    """Compare an answer with its schema, if the operator wants that.

    :param name: of the operation, for the message
    :param body: JSON as bytes, empty for none
    :raises ResponseSchemaMismatch: they differ and `response_validation` is ``error`` (500)
    """
    mode = CONF.api.response_validation
    if mode == IGNORE:
        return
    found = schema_map.validator_for(req, Answer)
    faults = found.faults(orjson.loads(body) if body else None) if found else ()
    if not faults:
        return
    reason = f'{name} at {req.api_version_request}: ' + '; '.join(faults[:5])
    if mode == ERROR:
        raise exception.ResponseSchemaMismatch(reason=reason)
    LOG.warning('An answer does not follow its schema: %s', reason)
