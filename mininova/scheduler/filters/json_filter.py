# SPDX-License-Identifier: Apache-2.0
"""JsonFilter: the host meets the query that the user wrote.  Nova: nova/scheduler/filters/json_filter.py.

Hint query: ``["and", [">=", "$free_ram_mb", 1024], ["=", "$stats.rack", "r7"]]``.  ``= < > in <= >=`` compare the first
value with all others, ``not`` is true if one of its values is not, ``and`` and ``or`` may be nested.  ``$name.key`` is
an attribute of the host; what it does not have is left out, and what does not compare does not match.
"""
import operator

import orjson

from mininova.scheduler import filters
from mininova.scheduler.filters import compute_capabilities_filter

# What a request may ask of a host.
ATTRIBUTES = compute_capabilities_filter.ATTRIBUTES | {'metrics', 'failed_builds'}
# Deeper than anybody writes, far from where Python gives up.
MAX_DEPTH = 50


class UnusableQuery(ValueError):
    """The query is no query."""


def _compares(compare):
    def all_others(values):
        return len(values) > 1 and all(_holds(compare, values[0], other) for other in values[1:])
    return all_others


def _holds(compare, first, second):
    try:
        return bool(compare(first, second))
    except TypeError:
        return False


COMMANDS = {
    '=': _compares(operator.eq), '<': _compares(operator.lt), '>': _compares(operator.gt),
    '<=': _compares(operator.le), '>=': _compares(operator.ge),
    'in': lambda values: len(values) > 1 and values[0] in values[1:],
    'not': lambda values: any(not value for value in values),
    'or': any, 'and': all,
}


def compile_query(text):
    """Return a function that tells of a host state whether it meets a query.

    :raises UnusableQuery: with the reason
    """
    try:
        query = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UnusableQuery(f'it is no JSON: {error}') from error
    if not isinstance(query, list):
        raise UnusableQuery('it is no list')
    return _compile(query, 1)


def _compile(query, depth):
    if depth > MAX_DEPTH:
        raise UnusableQuery(f'it is nested more than {MAX_DEPTH} times')
    if not query:
        return lambda host: True
    command = COMMANDS.get(query[0]) if isinstance(query[0], str) else None
    if command is None:
        raise UnusableQuery(f'{orjson.dumps(query[0]).decode()} is none of {" ".join(COMMANDS)}')
    parts = [_compile(part, depth + 1) if isinstance(part, list) else _value(part) for part in query[1:]]

    def evaluate(host):
        return command([value for value in (part(host) for part in parts) if value is not None])
    return evaluate


def _value(part):
    """Return a function that gives a value of the query for a host; None leaves it out."""
    if not isinstance(part, str) or not part.startswith('$'):
        return lambda host: None if part == '' else part
    name, *keys = part[1:].split('.')
    if name not in ATTRIBUTES:
        return lambda host: None

    def look_up(host):
        found = getattr(host, name)
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found
    return look_up


class JsonFilter(filters.BaseHostFilter):
    """Hint query; one that cannot be understood suits no host, and the reason says why."""
    remedy = 'another query hint; or a host as it describes'

    def __init__(self, spec):
        super().__init__(spec)
        self.query, self.problem, self.matches = spec.get_hint('query'), None, None
        self.applies = bool(self.query)
        if self.applies:
            try:
                self.matches = compile_query(self.query)
            except UnusableQuery as error:
                self.problem = f'cannot be asked the query: {error}'

    def host_passes(self, host):
        if self.problem:
            return self.reason(self.problem, self.query)
        if self.matches(host):
            return filters.PASS
        return self.reason('not as the query says', self.query)
