# SPDX-License-Identifier: Apache-2.0
"""Cold start: from nothing to the first answer, and to the first ACTIVE server: python -m benchmarks.bench_start

RabbitMQ and MariaDB run, the schema is there.  All services are started at the same moment; then a list of flavors is
asked for until it comes, and a server is made and looked at until it is ACTIVE; another one if no host was
there yet.  Floor: as many empty processes of
eventlet and oslo.service, started at the same moment, until the last one says that it runs.
"""
import contextlib
import sys
import time

from benchmarks import common
from tests.fixtures import processes

SERVICES = (*common.SIX, 'nova-network')


def floor(count):
    """Return the milliseconds until so many empty services run."""
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        with contextlib.ExitStack() as starting:
            for _ in range(count):
                starting.enter_context(_empty(stack))
        return (time.monotonic() - began) * 1000


@contextlib.contextmanager
def _empty(stack):
    """Start one now, and wait for it when the block ends."""
    process = stack.enter_context(common.child('floor_service', ready=''))
    yield
    processes.wait_for(lambda: 'ready' in process.output(), 'ready', interval=0.01)


def _make(lab, number):
    return lab.client.post('/servers', lab.body(f'vm{number}'))['server']['id']


def start(lab, number):
    """Return the milliseconds until the API answers, and until a server is ACTIVE."""
    for name in SERVICES:
        if name not in lab.services:
            lab.add(name)
    began = time.monotonic()
    for process in lab.services.values():
        process.start()
    processes.wait_for(lambda: common.answers(lab), 'answer', 60, interval=0.01)
    answered = time.monotonic()
    if number == 0:
        lab.make_flavor()
    made = [_make(lab, number)]

    def is_active():
        status = lab.client.server(made[-1])['status']
        if status == 'ERROR':  # asked before the compute host was there
            made.append(_make(lab, number))
        return status == 'ACTIVE'
    processes.wait_for(is_active, 'active server', 60, interval=0.01)
    active = time.monotonic()
    for process in lab.services.values():
        process.stop()
    return (answered - began) * 1000, (active - began) * 1000


def main():
    options = common.arguments(__doc__, (('--rounds',), {'type': int, 'default': 5}))
    common.machine()
    rounds = 1 if options.quick else options.rounds
    with common.cloud() as lab:
        floors, taken = [], []
        for number in range(rounds):
            floors.append(floor(len(SERVICES)))
            taken.append(start(lab, number))
        least = common.statistics.median(floors)
        print(f'one empty service alone: {floor(1):.0f} ms')
        within = [common.show('API answers', [one for one, _ in taken], 'ms', least, 1500),
                  common.show('first server ACTIVE', [one for _, one in taken], 'ms', least, 2000)]
    common.machine()
    return 0 if all(within) else 1


if __name__ == '__main__':
    sys.exit(main())
