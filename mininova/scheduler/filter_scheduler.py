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

# A host that looks as if it had room and refuses a claim so often is left alone for this request.
MAX_LOSSES = 3


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
            search = Search(self.host_manager, spec, decision)
            placed = search.keep_earlier_claims(context, instance_uuids)
            try:
                self._place(search, [uuid for uuid in instance_uuids if uuid not in placed], placed)
            except BaseException:
                self._give_back(context, decision)
                raise
            destinations = [[host.as_destination() for host in (placed[uuid], *search.alternates(placed, uuid, alternates))]
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
            if len(picks) < len(pending):
                raise search.no_valid_host(len(placed) + len(picks), len(placed) + len(pending))
            won = search.claim(picks)
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
        self.room = (spec.flavor.vcpus, spec.flavor.memory_mb, spec.disk_gb)
        self.chain = manager.get_filters(spec)
        self.weighers = manager.get_weighers(spec)
        self.excluded = host_manager.get_excluded(spec)
        self.refused = {}
        self.losses = {}
        self.fitting = {}

    def load(self):
        """Read the hosts as they are now and filter them."""
        started = time.perf_counter()
        hosts = self.manager.get_all_host_states()
        read = time.perf_counter()
        considered, self.decision.unknown = host_manager.get_considered_hosts(hosts, self.spec)
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
            reason = self.excluded.get(host.host) or self.refused.get(host.compute_node_id)
            if reason is None:
                kept.append(host)
            else:
                rejected.append((host, reason))
        return kept, rejected

    def keep_earlier_claims(self, context, uuids):
        """Return {uuid: host state} of servers that an earlier try of the same request claimed a host for.

        A claim on a host that the request now rules out is given back.
        """
        held = host_states.nodes_by_instance(uuids)
        if not held:
            return {}
        by_id = {host.compute_node_id: host for host in self.manager.get_all_host_states()}
        kept = {}
        for uuid, node_id in held.items():
            host = by_id.get(node_id)
            if host is None or host.host in self.excluded:
                objects.AllocationList.release(context, uuid, 'instance', node_id)
            else:
                kept[uuid] = host
        return kept

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
        totals, shares = weights.weigh(self.weighers, hosts)
        self.decision.weighed(hosts, totals, shares)
        best = max(totals)
        if CONF.filter_scheduler.shuffle_best_same_weighed_hosts and CONF.filter_scheduler.host_subset_size == 1:
            return random.choice([host for host, total in zip(hosts, totals, strict=True) if total == best])
        subset = min(CONF.filter_scheduler.host_subset_size, len(hosts))
        if subset == 1:
            return hosts[totals.index(best)]
        return hosts[random.choice(heapq.nlargest(subset, range(len(hosts)), key=totals.__getitem__))]

    def _consume(self, host):
        """Take the server's room off a host; it may not fit another time."""
        host = host.consumed(*self.room)
        reason = filters.first_failure(self.chain, host)
        if reason is filters.PASS:
            self.fitting[host.compute_node_id] = host
        else:
            del self.fitting[host.compute_node_id]
            self.decision.filled(host, reason)

    def claim(self, picks):
        """Claim in the database what was planned.

        :returns: {uuid: host state} of the servers that are done with; one that was deleted meanwhile claims nothing
        """
        started = time.perf_counter()
        by_id = {host.compute_node_id: host for _, host in picks}
        outcomes = host_states.claim_many([host_states.Wanted(uuid, host.compute_node_id, *self.room) for uuid, host in picks])
        self.decision.claim_seconds += time.perf_counter() - started
        won = {}
        for uuid, host in picks:
            outcome, node_id = outcomes[uuid]
            if outcome == host_states.CLAIMED:
                won[uuid] = by_id.get(node_id) or self._find(node_id)
                self.decision.claimed[uuid] = node_id
            elif outcome == host_states.INSTANCE_GONE:
                won[uuid] = host
            else:
                self._lose(host, outcome)
        return won

    def _find(self, node_id):
        """Return the host on which another scheduler claimed for the same server at the same time."""
        return next(host for host in self.manager.get_all_host_states() if host.compute_node_id == node_id)

    def _lose(self, host, outcome):
        """Note a lost claim; a host that refuses for good is not tried again."""
        self.decision.lost.append((host, outcome))
        LOG.debug('Lost the claim on %s: %s.', host.host, outcome)
        node_id = host.compute_node_id
        self.losses[node_id] = self.losses.get(node_id, 0) + 1
        if outcome == host_states.GROUP_POLICY:
            self.refused[node_id] = reasons.Reason('ServerGroup', 'not allowed by the policy of the server group', None, None)
        elif self.losses[node_id] >= MAX_LOSSES:
            self.refused[node_id] = reasons.Reason('Claim', f'refused the claim {MAX_LOSSES} times', None, None)

    def alternates(self, placed, uuid, count):
        """Return further hosts with room, best first; those that this request uses anyway come last."""
        if not count or not self.fitting:
            return []
        hosts, totals, _ = self.decision.ranking
        used = {host.compute_node_id for host in placed.values()}
        own = placed[uuid].compute_node_id
        best = heapq.nlargest(count + len(used), range(len(hosts)), key=totals.__getitem__)
        ranked = [hosts[index] for index in best if hosts[index].compute_node_id in self.fitting]
        ranked = [host for host in ranked if host.compute_node_id != own]
        return sorted(ranked, key=lambda host: host.compute_node_id in used)[:count]

    def no_valid_host(self, found, wanted):
        """Return the exception that tells why there are too few hosts."""
        decision = self.decision
        reason = reasons.sentence(decision.considered, decision.rejected, self.manager.summarisers())
        if decision.unknown:
            reason = f'There is no compute {decision.unknown}.'
        elif wanted > 1 and found:
            reason = f'{found} of {wanted} servers would fit; for the next one {reason}'
        decision.fail(reason)
        error = exception.NoValidHost(reason=reason)
        error.decision = decision
        return error
