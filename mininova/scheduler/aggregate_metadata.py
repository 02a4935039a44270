# SPDX-License-Identifier: Apache-2.0
"""What the aggregates of a host say together, worked out once for all hosts that are in the same ones.

Nova: nova/scheduler/filters/utils.py and get_weight_multiplier of nova/scheduler/utils.py, which ask for every host and
request anew.  A value that is no number is told in the log once, and then no value of that key counts, as in Nova.
"""
import math

from oslo_log import log

LOG = log.getLogger(__name__)


class AggregateMetadata:
    """The metadata of some aggregates; it never changes, so filters and weighers may keep what they make of it.

    :ivar aggregates: ({'id', 'name', 'hosts', 'metadata'}, ...)
    :ivar values: {key: (value as it was written, ...)}, one of each aggregate that has the key
    :ivar texts: {key: frozenset of texts}, values with commas taken apart
    """
    __slots__ = ('aggregates', 'values', 'texts', '_least')

    def __init__(self, aggregates=()):
        self.aggregates = tuple(aggregates)
        self.values = {}
        for aggregate in self.aggregates:
            for key, value in aggregate['metadata'].items():
                self.values[key] = (*self.values.get(key, ()), value or '')
        self.texts = {key: frozenset(text.strip() for value in values for text in value.split(','))
                      for key, values in self.values.items()}
        self._least = {}

    def least(self, key, kind, default):
        """Return the least value of a key, or `default` if there is none, or one that is wrong.

        :param kind: makes a number of a text or raises ValueError: :func:`number`, :func:`ratio` or :func:`count`
        """
        if key not in self.values:
            return default
        if key not in self._least:
            self._least[key] = self._read(key, kind)
        found = self._least[key]
        return default if found is None else found

    def _read(self, key, kind):
        try:
            return min(kind(value) for value in self.values[key])
        except ValueError as error:
            LOG.warning('Metadata %s of aggregate %s is ignored: %s', key, ', '.join(self.names(key)), error)
            return None

    def names(self, key):
        """Return the names of the aggregates that have a key."""
        return [aggregate['name'] for aggregate in self.aggregates if key in aggregate['metadata']]


NONE = AggregateMetadata()


def by_host(aggregates):
    """Return {host: AggregateMetadata} of the hosts that are in any."""
    mine = {}
    for aggregate in aggregates:
        for host in aggregate['hosts']:
            mine.setdefault(host, []).append(aggregate)
    shared = {}
    for host, found in mine.items():
        ids = tuple(aggregate['id'] for aggregate in found)
        if ids not in shared:
            shared[ids] = AggregateMetadata(found)
        mine[host] = shared[ids]
    return mine


def number(text):
    """Return a finite number."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f'{text!r} is no finite number')
    return value


def ratio(text):
    """Return a number that is not negative."""
    value = number(text)
    if value < 0:
        raise ValueError(f'{text!r} is negative')
    return value


def count(text):
    """Return a whole number that is not negative."""
    value = int(text)
    if value < 0:
        raise ValueError(f'{text!r} is negative')
    return value
