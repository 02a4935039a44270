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
from mininova.scheduler import aggregate_metadata, host_state

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

# What somebody changed by hand in the database is seen after so many seconds.
FULL_READ_SPACING = 300
MISSING = {'missing': True}


class HostCache:
    """All hosts, in the order in which they came.

    :param ratios: AggregateRatios, or None if aggregates set none
    """

    def __init__(self, ratios=None):
        self._ratios = ratios
        self._lock = concurrency.lock()
        self._forget()

    def _forget(self):
        self._known = host_states.Known()
        self._states = {}
        self._ids_by_host = {}
        self._list = []
        self._compute_hosts = set()
        self._troubled = {}
        self._metadata = {}
        self._io_ops = {}
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
            self._metadata = aggregate_metadata.by_host(changes.aggregates)
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
            metadata = self._metadata.get(row.host, aggregate_metadata.NONE)
            self._states[row.id] = host_state.HostState(
                row, _zones(metadata), metadata, self._service(row.host, changes.troubled), self._ratios,
                changes.io_ops.get(row.id, 0))
            self._ids_by_host.setdefault(row.host, set()).add(row.id)
        self._troubled = changes.troubled
        altered |= self._count_io_ops(changes.io_ops)
        if altered:
            self._list = list(self._states.values())

    def _placed(self, state, troubled):
        """Return a state with its aggregates, zones and service as they are now."""
        metadata = self._metadata.get(state.host, aggregate_metadata.NONE)
        return state.placed(_zones(metadata), metadata, self._ratios, self._service(state.host, troubled))

    def _service(self, host, troubled):
        return troubled.get(host) if host in self._compute_hosts else MISSING

    def _mark(self, troubled):
        """Replace the states of hosts whose service fell into trouble, came out of it, or is in it for longer now."""
        for host in troubled.keys() | self._troubled.keys():
            for id_ in self._ids_by_host.get(host, ()):
                self._states[id_] = self._states[id_].replaced(service=self._service(host, troubled))

    def _count_io_ops(self, io_ops):
        """Replace the states of hosts on which more or less is under way; tell whether there are any."""
        changed = [id_ for id_ in io_ops.keys() | self._io_ops.keys()
                   if id_ in self._states and self._states[id_].num_io_ops != io_ops.get(id_, 0)]
        for id_ in changed:
            self._states[id_] = self._states[id_].replaced(num_io_ops=io_ops.get(id_, 0))
        self._io_ops = io_ops
        return bool(changed)

    def _drop(self, id_):
        state = self._states.pop(id_, None)
        if state is not None:
            self._ids_by_host[state.host].discard(id_)


def _zones(metadata):
    """Return the availability zones that a host's aggregates name, or the default one."""
    named = metadata.texts.get('availability_zone', frozenset()) - {''}
    return named or frozenset((CONF.default_availability_zone,))
