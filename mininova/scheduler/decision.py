# SPDX-License-Identifier: Apache-2.0
"""Decision: what was seen and done for one request, from which its SchedulingReports are made.

Nova has no counterpart.  Collecting costs next to nothing; the rows of the table are made only when the report is written.
"""
import time

from mininova import objects
from mininova.scheduler import filters

# Rows of the table kept with a report: a success keeps the best hosts and some that failed, a failure all within reason.
SUCCESS_ROWS = 50
FAILURE_ROWS = 1000


class Decision:
    """:ivar rejected: [(host state, Reason)] of the last look at the hosts
    :ivar ranking: (host states, their weights, {weigher: shares}) of the last choice
    :ivar lost: [(host state, how the claim ended)]
    :ivar claimed: {uuid: node id} that this request claimed
    """

    def __init__(self, context, spec, instance_uuids):
        self.context, self.spec, self.instance_uuids = context, spec, list(instance_uuids)
        self.started = time.perf_counter()
        self.considered = self.fitted = 0
        self.unknown = None
        self.chain, self.rejected, self.full = (), [], []
        self.ranking = ([], [], {})
        self.lost, self.claimed, self.picks, self.destinations = [], {}, {}, []
        self.read_seconds = self.filter_seconds = self.claim_seconds = self.seconds = 0.0
        self.failure = None

    def loaded(self, chain, fitting, rejected, read_seconds, filter_seconds):
        """Note what a look at the hosts showed."""
        self.chain, self.fitted, self.rejected = chain, len(fitting), rejected
        self.read_seconds += read_seconds
        self.filter_seconds += filter_seconds

    def weighed(self, hosts, totals, shares):
        self.ranking = (hosts, totals, shares)

    def filled(self, host, reason):
        """Note a host that has no room left after a pick of this very request."""
        self.rejected.append((host, reason))

    def finish(self, picks, destinations):
        self.picks, self.destinations = picks, destinations
        self.seconds = time.perf_counter() - self.started

    def fail(self, reason):
        self.failure = reason
        self.seconds = time.perf_counter() - self.started

    # -- what is stored ----------------------------------------------------------

    def reports(self):
        """Return the SchedulingReports, one for each server that was scheduled now."""
        common = self._common()
        shared = self._failed_rows(FAILURE_ROWS) if self.failure else self._success_rows()
        if self.failure:
            common['rows_left_out'] = max(0, len(self.rejected) - len(shared))
            return [self._report(uuid, 'failed', None, 'No valid host was found. ' + self.failure, {**common, 'hosts': shared})
                    for uuid in self.instance_uuids]
        common['rows_left_out'] = max(0, self.considered - len(shared))
        return [self._success(uuid, destinations, common, shared)
                for uuid, destinations in zip(self.instance_uuids, self.destinations, strict=True) if uuid in self.claimed]

    def _success(self, uuid, destinations, common, rows):
        chosen, others = destinations[0], [destination['host'] for destination in destinations[1:]]
        summary = f'{chosen["host"]} was chosen of {self.fitted} hosts that fit; {self.considered} were considered.'
        return self._report(uuid, 'placed', chosen['host'], summary, {**common, 'hosts': rows, 'alternates': others})

    def _report(self, uuid, outcome, host, summary, details):
        return objects.SchedulingReport(self.context, instance_uuid=uuid, request_id=self.context.request_id, outcome=outcome,
                                        selected_host=host, summary=summary, details=details)

    def _common(self):
        counts = {}
        for _, reason in self.rejected:
            counts[reason.filter] = counts.get(reason.filter, 0) + 1
        flavor = self.spec.flavor
        return {
            'servers': len(self.instance_uuids), 'considered': self.considered, 'fitted': self.fitted, 'failed': counts,
            'filters': [type(tester).__name__ for tester in self.chain if tester.applies],
            'filters_without_say': [type(tester).__name__ for tester in self.chain if not tester.applies],
            'remedies': {type(tester).__name__: tester.remedy for tester in self.chain if type(tester).__name__ in counts},
            'wanted': {'vcpus': flavor.vcpus, 'memory_mb': flavor.memory_mb, 'disk_gb': self.spec.disk_gb, 'flavor': flavor.name},
            'lost_claims': [{'host': host.host, 'reason': outcome} for host, outcome in self.lost],
            'attempts': list(self.spec.attempts or ()),
            'milliseconds': {'total': _ms(self.seconds), 'read': _ms(self.read_seconds), 'filter': _ms(self.filter_seconds),
                             'claim': _ms(self.claim_seconds)}}

    def _success_rows(self):
        """Return the rows of the best hosts, and of some that failed if there is room."""
        hosts, totals, shares = self.ranking
        best = sorted(range(len(hosts)), key=totals.__getitem__, reverse=True)[:SUCCESS_ROWS]
        rows = [{'host': hosts[index].host, 'node': hosts[index].nodename, 'passed': True, 'weight': round(totals[index], 4),
                 'weights': {name: round(values[index], 4) for name, values in shares.items()}, **_room(hosts[index])}
                for index in best]
        return rows + self._failed_rows(SUCCESS_ROWS - len(rows))

    def _failed_rows(self, most):
        return [self._failed_row(host, reason) for host, reason in self.rejected[:most]]

    def _failed_row(self, host, first):
        """Return the row of a host, with what it would have failed besides."""
        others = [reason for reason in filters.all_failures(self.chain, host) if reason.filter != first.filter]
        return {'host': host.host, 'node': host.nodename, 'passed': False, 'filter': first.filter, 'reason': first.text,
                'wanted': first.wanted, 'had': first.had, **_room(host),
                'also': [{'filter': reason.filter, 'reason': reason.text, 'wanted': reason.wanted, 'had': reason.had}
                         for reason in others]}


def _room(host):
    """Return what may still be claimed of a host: VCPUs, MiB, GiB."""
    return {'free': [int(host.vcpus_limit - host.vcpus_used), int(host.memory_mb_limit - host.memory_mb_used),
                     int(host.local_gb_limit - host.local_gb_used)]}


def _ms(seconds):
    return round(seconds * 1000, 2)
