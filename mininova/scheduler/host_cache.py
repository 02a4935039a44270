# SPDX-License-Identifier: Apache-2.0
"""The hosts of the cloud, kept in the scheduler's memory and brought up to date before each request.

Cut from HostManager in nova/scheduler/host_manager.py, which builds every HostState anew each time.  States are never
changed, only replaced, so a list that was handed out stays what it was.
"""
import time

from oslo_log import log

import mininova.conf
from mininova import concurrency
from mininova.objects import host_states
from mininova.scheduler import host_state

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

# What somebody changed by hand in the database is seen after so many seconds.
FULL_READ_SPACING = 300
MISSING = {'missing': True}


class HostCache:
    """All hosts, in the order in which they came."""

    def __init__(self):
        self._lock = concurrency.lock()
        self._forget()

    def _forget(self):
        self._known = host_states.Known()
        self._states = {}
        self._ids_by_host = {}
        self._list = []
        self._compute_hosts = set()
        self._troubled = {}
        self._aggregates = {}
        self._full_read = time.monotonic()

    def refresh(self):
        """Return the list of hosts as they are now."""
        with self._lock:
            if time.monotonic() - self._full_read > FULL_READ_SPACING:
                self._forget()
            try:
                changes = host_states.read(self._known, CONF.service_down_time)
            except BaseException:
                self._forget()
                raise
            self._apply(changes)
            return self._list

    def _apply(self, changes):
        altered = bool(changes.nodes or changes.gone)
        if changes.aggregates is not None:
            self._aggregates = _by_host(changes.aggregates)
        if changes.compute_hosts is not None:
            self._compute_hosts = changes.compute_hosts
        for id_ in changes.gone:
            self._drop(id_)
        if changes.aggregates is not None or changes.compute_hosts is not None:
            for id_, state in self._states.items():
                self._states[id_] = self._placed(state, changes.troubled)
            altered = True
        elif changes.troubled or self._troubled:
            self._mark(changes.troubled)
            altered = True
        for row in changes.nodes:
            aggregates = self._aggregates.get(row.host, ())
            service = self._service(row.host, changes.troubled)
            self._states[row.id] = host_state.HostState(row, _zones(aggregates), aggregates, service)
            self._ids_by_host.setdefault(row.host, set()).add(row.id)
        self._troubled = changes.troubled
        if altered:
            self._list = list(self._states.values())

    def _placed(self, state, troubled):
        """Return a state with its aggregates, zones and service as they are now."""
        aggregates = self._aggregates.get(state.host, ())
        return state.replaced(aggregates=aggregates, zones=_zones(aggregates),
                              service=self._service(state.host, troubled))

    def _service(self, host, troubled):
        return troubled.get(host) if host in self._compute_hosts else MISSING

    def _mark(self, troubled):
        """Replace the states of hosts whose service fell into trouble, came out of it, or is in it for longer now."""
        for host in troubled.keys() | self._troubled.keys():
            for id_ in self._ids_by_host.get(host, ()):
                self._states[id_] = self._states[id_].replaced(service=self._service(host, troubled))

    def _drop(self, id_):
        state = self._states.pop(id_, None)
        if state is not None:
            self._ids_by_host[state.host].discard(id_)


def _by_host(aggregates):
    found = {}
    for aggregate in aggregates:
        for host in aggregate['hosts']:
            found.setdefault(host, []).append(aggregate)
    return found


def _zones(aggregates):
    """Return the availability zones that a host's aggregates name, or the default one."""
    named = frozenset(zone.strip() for aggregate in aggregates
                      for zone in aggregate['metadata'].get('availability_zone', '').split(',') if zone.strip())
    return named or frozenset((CONF.default_availability_zone,))
