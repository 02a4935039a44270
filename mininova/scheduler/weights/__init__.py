# SPDX-License-Identifier: Apache-2.0
"""Weighers: which of the hosts that fit is best.  Nova: nova/weights.py, nova/scheduler/weights/__init__.py.

Each weigher's values are brought to 0..1 over the hosts of this request, multiplied, and added up.  Found by stevedore,
group ``mininova.scheduler.weights``.
"""
import operator

import mininova.conf
from mininova.scheduler import aggregate_metadata

CONF = mininova.conf.CONF

GROUP = 'mininova.scheduler.weights'


class BaseHostWeigher:
    """One opinion; an object of it lives for one request.

    :cvar minval: counts as 0 even if no host is that low; None means the lowest host
    :cvar maxval: counts as 1 even if no host is that high; None means the highest host
    :cvar attribute: of the host state, that is its weight; None when ``weigh`` works it out
    :cvar option: of [filter_scheduler], how much this opinion counts; metadata of this name in a host's aggregates says
        so for that host
    :ivar multiplier: what the option says; negative turns the opinion round
    :ivar applies: False when the request gives no reason for an opinion
    """
    minval = maxval = attribute = option = None
    multiplier = 1.0
    applies = True

    def __init__(self, spec):
        self.spec = spec
        if self.option:
            self.multiplier = self.read_multiplier()

    def read_multiplier(self):
        return getattr(CONF.filter_scheduler, self.option)

    def multiplier_for(self, host):
        """Return how much this opinion counts for a host: what its aggregates say, the least of several."""
        return host.aggregate_metadata.least(self.option, aggregate_metadata.number, self.multiplier)

    def weigh(self, host):
        """Return a number, higher is better."""
        return getattr(host, self.attribute)

    def consumed(self, host):
        """Hear that the request gives one of its servers to a host, before it looks for the next one's."""

    def weigh_all(self, hosts, overridden=()):
        """Return each host's weight times the multiplier.

        :param overridden: names of options of which an aggregate of a host says something
        """
        values = list(map(operator.attrgetter(self.attribute) if self.attribute else self.weigh, hosts))
        low = min(values) if self.minval is None else min(self.minval, *values)
        high = max(values) if self.maxval is None else max(self.maxval, *values)
        if low == high:
            return [0.0] * len(values)
        if self.option in overridden:
            return [(value - low) / (high - low) * self.multiplier_for(host)
                    for host, value in zip(hosts, values, strict=True)]
        factor = self.multiplier / (high - low)
        return [(value - low) * factor for value in values]


def weigh(weighers, hosts):
    """Return ([total weight of each host], {name of a weigher: [its share for each host]})."""
    if not hosts:
        return [], {}
    overridden = set()
    for metadata in set(map(operator.attrgetter('aggregate_metadata'), hosts)):
        overridden.update(metadata.values)
    shares = {type(weigher).__name__: weigher.weigh_all(hosts, overridden) for weigher in weighers
              if weigher.applies and (weigher.multiplier or weigher.option in overridden)}
    return list(map(sum, zip(*shares.values(), strict=True))) if shares else [0.0] * len(hosts), shares
