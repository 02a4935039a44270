# SPDX-License-Identifier: Apache-2.0
"""libvirt's events, from its own thread into ours.  Runs in nova-compute.  Cut out of nova/virt/libvirt/host.py.

libvirt delivers events from a loop that blocks in C, so the loop runs in a native thread.  Its callbacks may not
touch greenthreads: they put the event into a native queue and wake the dispatcher with a byte through a pipe.
"""
import os
import time

from oslo_log import log as logging

from mininova import concurrency
from mininova.virt import event
from mininova.virt.libvirt.clib import libvirt

LOG = logging.getLogger(__name__)

_loop_started = False


def _start_native_loop():
    """Start libvirt's event loop, once per process."""
    global _loop_started
    if not _loop_started:
        _loop_started = True
        libvirt.virEventRegisterDefaultImpl()
        concurrency.native_thread(_run_native_loop)


def _run_native_loop():
    while True:
        libvirt.virEventRunDefaultImpl()


def transitions():
    """Return the map of libvirt's lifecycle events to ours."""
    return {
        libvirt.VIR_DOMAIN_EVENT_STARTED: event.EVENT_LIFECYCLE_STARTED,
        libvirt.VIR_DOMAIN_EVENT_STOPPED: event.EVENT_LIFECYCLE_STOPPED,
        libvirt.VIR_DOMAIN_EVENT_CRASHED: event.EVENT_LIFECYCLE_STOPPED,
        libvirt.VIR_DOMAIN_EVENT_SUSPENDED: event.EVENT_LIFECYCLE_PAUSED,
        libvirt.VIR_DOMAIN_EVENT_RESUMED: event.EVENT_LIFECYCLE_RESUMED,
        libvirt.VIR_DOMAIN_EVENT_PMSUSPENDED: event.EVENT_LIFECYCLE_SUSPENDED,
    }


class EventLoop:
    """Receives the events of one connection after the other.

    :param on_lifecycle: called with a LifecycleEvent
    :param on_close: called with (virConnect, reason) when libvirt gives up a connection
    """

    def __init__(self, on_lifecycle, on_close):
        self._on_lifecycle = on_lifecycle
        self._on_close = on_close
        self._queue = concurrency.original('queue').Queue()
        self._read = self._write = self._callback = None
        self._transitions = transitions()

    def start(self):
        """Start to dispatch; must precede the first connection."""
        _start_native_loop()
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        # A non-blocking end parks the greenthread in the hub; a native thread may block.
        os.set_blocking(self._read, not concurrency.is_eventlet())
        concurrency.spawn(self._dispatch, self._read)

    def stop(self):
        """Stop dispatching."""
        if self._write is not None:
            write, self._write = self._write, None
            os.close(write)

    def register(self, connection):
        """Ask a new connection for events."""
        if self._read is None:
            return
        self._callback = connection.domainEventRegisterAny(
            None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, self._lifecycle, None)
        connection.registerCloseCallback(self._closed, None)

    def unregister(self, connection):
        """Ask for no more; until then libvirt keeps even a closed connection in memory."""
        if self._callback is None:
            return
        callback, self._callback = self._callback, None
        for release in (lambda: connection.domainEventDeregisterAny(callback), connection.unregisterCloseCallback):
            try:
                release()
            except libvirt.libvirtError as error:
                LOG.debug('Leaving a libvirt connection: %s', error)

    # The next three run in the native thread.

    def _lifecycle(self, connection, domain, kind, detail, opaque):
        transition = self._transitions.get(kind)
        if transition is not None:
            self._put(self._on_lifecycle, event.LifecycleEvent(domain.UUIDString(), transition, time.time()))

    def _closed(self, connection, reason, opaque):
        words = {libvirt.VIR_CONNECT_CLOSE_REASON_ERROR: 'input or output error',
                 libvirt.VIR_CONNECT_CLOSE_REASON_EOF: 'libvirtd ended it',
                 libvirt.VIR_CONNECT_CLOSE_REASON_KEEPALIVE: 'libvirtd stopped answering',
                 libvirt.VIR_CONNECT_CLOSE_REASON_CLIENT: 'we ended it'}
        self._put(self._on_close, connection, words.get(reason, f'reason {reason}'))

    def _put(self, function, *args):
        self._queue.put((function, args))
        write = self._write
        if write is not None:
            try:
                concurrency.original('os').write(write, b'.')
            except (BlockingIOError, OSError):
                pass  # the pipe is full: the dispatcher is awake anyway

    def _dispatch(self, read):
        while os.read(read, 4096):
            while not self._queue.empty():
                function, args = self._queue.get_nowait()
                self._deliver(function, args)
        os.close(read)

    @staticmethod
    def _deliver(function, args):
        try:
            if function:
                function(*args)
        except Exception:
            LOG.exception('An event of libvirt could not be handled.')
