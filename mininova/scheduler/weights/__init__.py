# SPDX-License-Identifier: Apache-2.0
"""Weighers: which of the hosts that fit is best.  Nova: nova/weights.py, nova/scheduler/weights/__init__.py.

Each weigher's values are brought to 0..1 over the hosts of this request, multiplied, and added up.  Found by stevedore,
group ``mininova.scheduler.weights``.
"""
import operator

GROUP = 'mininova.scheduler.weights'


class BaseHostWeigher:
    """One opinion; an object of it lives for one request.

    :cvar minval: counts as 0 even if no host is that low; None means the lowest host
    :cvar maxval: counts as 1 even if no host is that high; None means the highest host
    :cvar attribute: of the host state, that is its weight; None when ``weigh`` works it out
    :ivar multiplier: how much this opinion counts; negative turns it round
    """
    minval = maxval = attribute = None
    multiplier = 1.0

    def __init__(self, spec):
        self.spec = spec

    def weigh(self, host):
        """Return a number, higher is better."""
        return getattr(host, self.attribute)

    def consumed(self, host):
        """Hear that the request gives one of its servers to a host, before it looks for the next one's."""

    def weigh_all(self, hosts):
        """Return each host's weight times the multiplier."""
        values = list(map(operator.attrgetter(self.attribute) if self.attribute else self.weigh, hosts))
        low = min(values) if self.minval is None else min(self.minval, *values)
        high = max(values) if self.maxval is None else max(self.maxval, *values)
        if low == high:
            return [0.0] * len(values)
        factor = self.multiplier / (high - low)
        return [(value - low) * factor for value in values]


def weigh(weighers, hosts):
    """Return ([total weight of each host], {name of a weigher: [its share for each host]})."""
    if not hosts:
        return [], {}
    shares = {type(weigher).__name__: weigher.weigh_all(hosts) for weigher in weighers if weigher.multiplier}
    return list(map(sum, zip(*shares.values(), strict=True))) if shares else [0.0] * len(hosts), shares
