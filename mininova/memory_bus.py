# SPDX-License-Identifier: Apache-2.0
"""The message bus inside one process (``kombu+memory://``): nova-all and the tests.

kombu's own looks for messages in turns, and oslo.messaging takes the pause between two turns away: a process that has
nothing to do would keep a core busy.  Here a consumer sleeps until something is put in one of its queues.
"""
import queue
import time
import weakref

from kombu.transport import memory

from mininova import concurrency

# Seconds after which a consumer looks without being woken, e.g. at a queue that it has consumed from only now.
LONGEST_SLEEP = 0.5
# oslo.messaging asks every 50 ms whether it should stop; that often is not worth a processor's time.
SHORTEST_SLEEP = 0.2
# Seconds after which a consumer that waits can be stopped, which the tests do often.
LONGEST_WAIT = 1.0

_consumers = weakref.WeakSet()
_guard = concurrency.lock()


class Channel(memory.Channel):
    """Wakes those who wait for a message."""

    def _put(self, name, message, **kwargs):
        super()._put(name, message, **kwargs)
        _wake(name)

    def _put_fanout(self, exchange, message, routing_key=None, **kwargs):
        for name in self._lookup(exchange, routing_key):
            self._put(name, message)


def _wake(name):
    with _guard:                        # another thread may be connecting
        known = list(_consumers)
    for transport in known:
        if name in transport._callbacks:
            transport.arrived.set()


class Transport(memory.Transport):
    """One connection to the bus; kombu finds it by TRANSPORT_ALIASES, see :func:`mininova.rpc.init`."""

    Channel = Channel

    def __init__(self, client, **kwargs):
        super().__init__(client, **kwargs)
        self.arrived = concurrency.event()
        with _guard:
            _consumers.add(self)

    def drain_events(self, connection, timeout=None):
        """Deliver one message.

        :param timeout: seconds to wait for it, between SHORTEST_SLEEP and LONGEST_WAIT are; None waits for ever
        :raises TimeoutError: there was none
        """
        end = None if timeout is None else time.monotonic() + min(max(timeout, SHORTEST_SLEEP), LONGEST_WAIT)
        while True:
            self.arrived.clear()
            try:
                self.cycle.get(self._deliver, timeout=timeout)
                return
            except queue.Empty:
                left = LONGEST_SLEEP if end is None else end - time.monotonic()
                if left <= 0:
                    raise TimeoutError('timed out') from None
                self.arrived.wait(min(left, LONGEST_SLEEP))
