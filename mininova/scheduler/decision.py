# SPDX-License-Identifier: Apache-2.0
"""Decision: what was seen and done for one request, from which its SchedulingReports are made.

Nova has no counterpart.  Collecting costs next to nothing; the rows of the table are made only when the report is
written.
"""
import time

from mininova import objects
from mininova.scheduler import filters

# Rows of the table kept with a report: of a success the best hosts and some that failed, of a failure all hosts within
# reason.
SUCCESS_ROWS = 50
BEST_ROWS = 40
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
        details = self.details()
        if self.failure:
            summary = f'No valid host was found. {self.failure}'
            return [self._report(uuid, 'failed', None, summary, details) for uuid in self.instance_uuids]
        chosen = {uuid: destinations for uuid, destinations in zip(self.instance_uuids, self.destinations, strict=True)
                  if uuid in self.claimed}
        return [self._report(uuid, 'placed', hosts[0]['host'], self._why(hosts[0]['host']),
                             {**details, 'alternates': [other['host'] for other in hosts[1:]]})
                for uuid, hosts in chosen.items()]

    def _why(self, host):
        return f'{host} was chosen of {self.fitted} hosts that fit; {self.considered} were considered.'

    def _report(self, uuid, outcome, host, summary, details):
        return objects.SchedulingReport(
            self.context, instance_uuid=uuid, request_id=self.context.request_id, outcome=outcome, selected_host=host,
            summary=summary, details=details)

    def details(self):
        """Return the table and the numbers, as JSON."""
        counts, flavor = {}, self.spec.flavor
        for _, reason in self.rejected:
            counts[reason.filter] = counts.get(reason.filter, 0) + 1
        best = [] if self.failure else self._fitting_rows()
        rows = best + self._failed_rows(FAILURE_ROWS if self.failure else SUCCESS_ROWS - len(best))
        named = [(type(tester).__name__, tester) for tester in self.chain]
        return {
            'servers': len(self.instance_uuids), 'considered': self.considered, 'fitted': self.fitted, 'failed': counts,
            'hosts': rows, 'hosts_left_out': max(0, self.considered - len(rows)),
            'filters': [name for name, tester in named if tester.applies],
            'filters_without_say': [name for name, tester in named if not tester.applies],
            'remedies': {name: tester.remedy for name, tester in named if name in counts} if self.failure else {},
            'wanted': {'flavor': flavor.name, 'vcpus': flavor.vcpus, 'memory_mb': flavor.memory_mb,
                       'disk_gb': self.spec.disk_gb},
            'lost_claims': [{'host': host.host, 'reason': outcome} for host, outcome in self.lost],
            'attempts': list(self.spec.attempts or ()),
            'milliseconds': {'total': _ms(self.seconds), 'read': _ms(self.read_seconds),
                             'filter': _ms(self.filter_seconds), 'claim': _ms(self.claim_seconds)}}

    def _fitting_rows(self):
        """Return the rows of the best hosts as they were weighed, by weighers to which not all hosts are alike."""
        hosts, totals, shares = self.ranking
        shares = {name: values for name, values in shares.items() if any(values)}
        best = sorted(range(len(hosts)), key=totals.__getitem__, reverse=True)[:BEST_ROWS]
        return [{**_row(hosts[index]), 'passed': True, 'weight': round(totals[index], 4),
                 'weights': {name: round(values[index], 4) for name, values in shares.items()}} for index in best]

    def _failed_rows(self, most):
        """Return the rows of hosts that do not fit, with all that is wrong with them, not only the first thing."""
        return [{**_row(host), 'passed': False, 'failures': [
            {'filter': reason.filter, 'reason': reason.text, 'wanted': reason.wanted, 'had': reason.had}
            for reason in (first, *(other for other in filters.all_failures(self.chain, host)
                                    if other.filter != first.filter))]}
                for host, first in self.rejected[:most]]


def _row(host):
    """Return what is said of every host; what may still be claimed of it is in VCPUs, MiB and GiB."""
    return {'host': host.host, 'node': host.nodename,
            'room': [host.room_vcpus, host.room_memory_mb, host.room_disk_gb]}


def _ms(seconds):
    return round(seconds * 1000, 2)
