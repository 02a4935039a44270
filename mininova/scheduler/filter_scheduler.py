# SPDX-License-Identifier: Apache-2.0
"""FilterScheduler: filter, weigh, pick, claim.  Nova: nova/scheduler/filter_scheduler.py.

The claim in the database decides.  What this process remembers of the hosts only says where to try; when a claim is
lost, the hosts are read again and the next best one is tried, until a fresh look shows none that fits.
"""
import heapq
import random
import time

from oslo_log import log

import mininova.conf
from mininova import concurrency, exception, objects
from mininova.objects import host_states
from mininova.scheduler import decision as decisions
from mininova.scheduler import filters, host_manager, reasons, weights

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)


class FilterScheduler:
    """Chooses hosts, one request after another, so that each sees the claims of the one before."""

    def __init__(self):
        self.host_manager = host_manager.HostManager()
        self._turn = concurrency.lock()

    def select_destinations(self, context, spec, instance_uuids, return_alternates=True):
        """Claim a host for each server, or nothing at all.

        :returns: (per server the destinations, the one that is claimed first; Decision)
        :raises NoValidHost: with the Decision as its attribute `decision`
        """
        decision = decisions.Decision(context, spec, instance_uuids)
        alternates = CONF.scheduler.max_attempts - 1 if return_alternates else 0
        with self._turn:
            search, placed = Search(self.host_manager, spec, decision), {}
            try:
                self._place(search, list(instance_uuids), placed)
            except BaseException as error:
                self._give_back(context, decision)
                error.decision = decision
                raise
            destinations = [[host.as_destination()
                             for host in (placed[uuid], *search.alternates(placed, uuid, alternates))]
                            for uuid in instance_uuids]
        decision.finish(placed, destinations)
        return destinations, decision

    def try_destinations(self, context, spec, count):
        """Choose hosts for `count` servers without claiming them.

        :returns: Decision; its `picks` may be fewer than asked for
        """
        decision = decisions.Decision(context, spec, [None] * count)
        search = Search(self.host_manager, spec, decision)
        search.load()
        picks = search.plan(range(count))
        decision.finish(dict(picks), [])
        if len(picks) < count:
            search.fail(len(picks), count)
        return decision

    @staticmethod
    def _place(search, pending, placed):
        """Plan and claim until every server has a host.

        :param placed: {uuid: host state}, filled here
        :raises NoValidHost: a look at the hosts as they are showed too few that fit
        """
        while pending:
            search.load()
            picks = search.plan(pending)
            won = search.claim(picks) if len(picks) == len(pending) else search.earlier_claims(pending)
            if not won and len(picks) < len(pending):
                reason = search.fail(len(placed) + len(picks), len(placed) + len(pending))
                raise exception.NoValidHost(reason=reason)
            placed.update(won)
            pending = [uuid for uuid in pending if uuid not in won]

    @staticmethod
    def _give_back(context, decision):
        """Release what this request claimed before it failed."""
        for uuid, node_id in decision.claimed.items():
            objects.AllocationList.release(context, uuid, 'instance', node_id)


class Search:
    """The hosts as one request sees them: those that still fit, its own picks already taken off."""

    def __init__(self, manager, spec, decision):
        self.manager, self.spec, self.decision = manager, spec, decision
        self.room = spec.to_claim()
        self.chain = self.weighers = ()
        self.excluded = host_manager.get_excluded(spec)
        self.hosts = []
        self.refused = {}
        self.fitting = {}

    def load(self):
        """Read the hosts as they are now and filter them, with tests that know of no pick yet."""
        self.chain, self.weighers = self.manager.get_filters(self.spec), self.manager.get_weighers(self.spec)
        started = time.perf_counter()
        self.hosts = self.manager.get_all_host_states()
        read = time.perf_counter()
        considered, self.decision.unknown = host_manager.get_considered_hosts(self.hosts, self.spec)
        self.decision.considered = len(considered)
        rejected = []
        if self.excluded or self.refused:
            considered, rejected = self._without_excluded(considered)
        fitting, failed = filters.run(self.chain, considered)
        self.fitting = {host.compute_node_id: host for host in fitting}
        self.decision.loaded(self.chain, fitting, rejected + failed, read - started, time.perf_counter() - read)

    def _without_excluded(self, hosts):
        kept, rejected = [], []
        for host in hosts:
            generation, reason = self.refused.get(host.compute_node_id, (None, None))
            if generation is not None and generation != host.generation:
                reason = None
            reason = self.excluded.get(host.host) or reason
            if reason is None:
                kept.append(host)
            else:
                rejected.append((host, reason))
        return kept, rejected

    def earlier_claims(self, uuids):
        """Return {uuid: host state} of servers for which an earlier try of the same request claimed a host."""
        ruled_out = self._ruled_out()
        held = {uuid: self._find(node_id) for uuid, node_id in host_states.nodes_by_instance(uuids).items()
                if node_id not in ruled_out}
        return {uuid: host for uuid, host in held.items() if host is not None}

    def plan(self, uuids):
        """Pick a host for as many servers as possible, one after another.

        :returns: [(uuid, host state), ...]
        """
        picks = []
        for uuid in uuids:
            if not self.fitting:
                break
            host = self._pick()
            picks.append((uuid, host))
            self._consume(host)
        return picks

    def _pick(self):
        """Return the best host, or one of the best as configured."""
        hosts = list(self.fitting.values())
        totals, shares = self._weigh(hosts)
        self.decision.weighed(hosts, totals, shares)
        best = max(totals)
        if CONF.filter_scheduler.shuffle_best_same_weighed_hosts and CONF.filter_scheduler.host_subset_size == 1:
            return random.choice([host for host, total in zip(hosts, totals, strict=True) if total == best])
        subset = min(CONF.filter_scheduler.host_subset_size, len(hosts))
        if subset == 1:
            return hosts[totals.index(best)]
        return hosts[random.choice(_best(totals, subset))]

    def _weigh(self, hosts):
        """Return totals and shares.

        :raises NoValidHost: a host does not report a metric that [metrics] requires
        """
        try:
            return weights.weigh(self.weighers, hosts)
        except exception.ComputeHostMetricNotFound as error:
            reason = f'{error.format_message()} [metrics] requires it; MetricsFilter leaves such hosts out.'
            self.decision.fail(reason)
            raise exception.NoValidHost(reason=reason) from error

    def _consume(self, host):
        """Take the server's room off a host; it may not fit another time."""
        for part in (*self.chain, *self.weighers):
            part.consumed(host)
        for tester in self.chain:
            if tester.looks_at_others and tester.applies:
                self.fitting = {kept.compute_node_id: kept for kept in tester.split(self.fitting.values())[0]}
        host = host.consumed(*self.room)
        reason = filters.first_failure(self.chain, host)
        if reason is filters.PASS:
            self.fitting[host.compute_node_id] = host
        else:
            self.fitting.pop(host.compute_node_id, None)
            self.decision.filled(host, reason)

    def claim(self, picks):
        """Claim in the database what was planned.

        :returns: {uuid: host state} of the servers that are done with; one that was deleted meanwhile claims nothing
        """
        started = time.perf_counter()
        wanted = [host_states.Wanted(uuid, host.compute_node_id, *self.room, ratios=host.ratios)
                  for uuid, host in picks]
        outcomes = host_states.claim_many(wanted, self._ruled_out())
        self.decision.claim_seconds += time.perf_counter() - started
        won = {}
        for uuid, host in picks:
            outcome, node_id = outcomes[uuid]
            if outcome == host_states.CLAIMED:
                won[uuid] = host
                self.decision.claimed[uuid] = node_id
            elif outcome == host_states.HELD:
                won[uuid] = self._find(node_id)
            elif outcome == host_states.INSTANCE_GONE:
                won[uuid] = host
            else:
                self._lose(host, outcome)
        return {uuid: host for uuid, host in won.items() if host is not None}

    def _ruled_out(self):
        """Return the ids of the nodes that the request rules out: a claim there is a remainder of a failed build."""
        if not self.excluded:
            return set()
        return {host.compute_node_id for host in self.hosts if host.host in self.excluded}

    def _find(self, node_id):
        """Return the host on which an earlier or a concurrent try claimed, or None if it left."""
        for hosts in (self.hosts, self.manager.get_all_host_states()):
            for host in hosts:
                if host.compute_node_id == node_id:
                    return host
        return None

    def _lose(self, host, outcome):
        """Note a lost claim.

        A host of which nothing changed since it was read is not tried again, nor one that the server's group forbids.
        """
        self.decision.lost.append((host, outcome))
        LOG.debug('Lost the claim on %s: %s.', host.host, outcome)
        if outcome == host_states.GROUP_POLICY:
            reason = reasons.Reason('ServerGroup', 'not allowed by the policy of the server group')
            self.refused[host.compute_node_id] = (None, reason)
        else:
            self.refused[host.compute_node_id] = (host.generation, reasons.Reason('Claim', 'refused the claim'))

    def alternates(self, placed, uuid, count):
        """Return further hosts with room, best first; those that this request uses anyway come last."""
        hosts, totals, _ = self.decision.ranking
        if not count or not totals:
            return []
        used = {host.compute_node_id for host in placed.values()}
        own = placed[uuid].compute_node_id
        ranked = [hosts[index] for index in _best(totals, count + len(used))]
        ranked = [host for host in ranked if host.compute_node_id in self.fitting and host.compute_node_id != own]
        return sorted(ranked, key=lambda host: host.compute_node_id in used)[:count]

    def fail(self, found, wanted):
        """Note, and return, why there are hosts for only `found` of the wanted servers."""
        decision = self.decision
        reason = reasons.sentence(decision.considered, decision.rejected, self.manager.summarisers())
        if decision.unknown:
            reason = f'There is no compute {decision.unknown}.'
        elif found:
            reason = f'{found} of {wanted} servers would fit; for the next one {reason}'
        decision.fail(reason)
        return reason


def _best(weights_, count):
    """Return the positions of the highest weights, the highest first, equal ones in their order."""
    lowest = heapq.nlargest(count, weights_)[-1]
    candidates = [index for index, weight in enumerate(weights_) if weight >= lowest]
    return sorted(candidates, key=weights_.__getitem__, reverse=True)[:count]
