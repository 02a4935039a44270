# SPDX-License-Identifier: Apache-2.0
"""Filters: each answers for one host whether it can take the server, and if not, why not.

Runs in nova-scheduler.  Nova: nova/filters.py, nova/scheduler/filters/__init__.py.  Found by stevedore, group
``mininova.scheduler.filters``.
"""
from mininova.scheduler import reasons

GROUP = 'mininova.scheduler.filters'
PASS = None


class BaseHostFilter:
    """One test; an object of it lives for one request, so it may keep what it works out from the request.

    :cvar remedy: what an administrator may change so that more hosts pass
    :cvar looks_at_others: True when one pick of a request may change the answer for other hosts
    :ivar applies: False when the request asks for nothing that is tested here
    """
    remedy = ''
    looks_at_others = False
    applies = True

    def __init__(self, spec):
        self.spec = spec

    def host_passes(self, host):
        """Return PASS or a Reason."""
        raise NotImplementedError

    def consumed(self, host):
        """Hear that the request gives one of its servers to a host, before it looks for the next one's."""

    def split(self, hosts):
        """Return (hosts that pass, [(host, Reason), ...])."""
        host_passes, kept, rejected = self.host_passes, [], []
        for host in hosts:
            reason = host_passes(host)
            if reason is PASS:
                kept.append(host)
            else:
                rejected.append((host, reason))
        return kept, rejected

    def reason(self, text, wanted=None, had=None):
        return reasons.Reason(type(self).__name__, text, wanted, had)

    @classmethod
    def summarise(cls, rejected):
        """Return one clause for all hosts that failed here, a list of (host state, Reason)."""
        return reasons.summarise(rejected)


def run(chain, hosts):
    """Return (hosts that pass every filter, [(host, Reason of the first filter it failed)]).

    One filter looks at all hosts before the next one begins, so a filter without a say in this request costs nothing.
    """
    rejected = []
    for tester in chain:
        if tester.applies:
            hosts, failed = tester.split(hosts)
            rejected += failed
    return hosts, rejected


def first_failure(chain, host):
    """Return the Reason of the first filter that a host fails, or PASS."""
    for tester in chain:
        if tester.applies:
            reason = tester.host_passes(host)
            if reason is not PASS:
                return reason
    return PASS


def all_failures(chain, host):
    """Return the Reasons of all filters that a host fails."""
    found = (tester.host_passes(host) for tester in chain if tester.applies)
    return [reason for reason in found if reason is not PASS]
