# SPDX-License-Identifier: Apache-2.0
"""Memory of all nova processes, idle and after load: python -m benchmarks.bench_memory

2 API and 2 conductor workers with their parents, scheduler, compute with the fake driver; noauth2, private RabbitMQ and
MariaDB.  What is added up is PSS: a page that several processes share counts once.  Floor: as many processes, forked in
the same way, that import eventlet, oslo.messaging and SQLAlchemy and do nothing.
"""
import contextlib
import sys
import time

from benchmarks import common
from tests.fixtures import processes


def floor():
    """Return MB of processes that only import: two with two workers, two alone."""
    with contextlib.ExitStack() as stack:
        children = [stack.enter_context(common.child('floor_imports', workers)) for workers in ('2', '2', '0', '0')]
        time.sleep(1)
        return common.pss([process.pid for process in children])


def boot(lab, count):
    """Make servers, look at them in all ways, and remove half of them."""
    lab.send_all('POST', [('/servers', lab.body(f'vm{number}')) for number in range(count)])
    processes.wait_for(lambda: lab.count('active') >= count, f'{count} active servers', 120, interval=0.5)
    lab.send_all('GET', [(path,) for path in ('/servers/detail', '/flavors/detail', '/os-hypervisors/detail') * 10])
    gone = lab.client.get('/servers')['servers'][:count // 2]
    lab.send_all('DELETE', [(f'/servers/{server["id"]}',) for server in gone])
    processes.wait_for(lambda: lab.count('active') <= count - len(gone), 'end of half of them', 120, interval=0.5)


def main():
    options = common.arguments(__doc__, (('--boots',), {'type': int, 'default': 200}),
                               (('--settle',), {'type': float, 'default': 10, 'help': 'seconds to rest before a look'}))
    common.machine()
    least = floor()
    with common.cloud() as lab:
        lab.start(*common.SIX)
        lab.start('nova-network')
        lab.make_flavor()
        time.sleep(1 if options.quick else options.settle)
        six = lab.sessions(*common.SIX)
        count = sum(len(common.members(session)) for session in six)
        print('MB of each, with workers: ' + ', '.join(f'{name} {common.pss(lab.sessions(name)):.0f}'
                                                       for name in lab.services))
        within = [common.show(f'idle, {count} processes', common.pss(six), 'MB', least, 250)]
        boots = 4 if options.quick else options.boots
        boot(lab, boots)
        time.sleep(1 if options.quick else options.settle)
        within.append(common.show(f'after {boots} boots', common.pss(six), 'MB', least, 300))
    common.machine()
    return 0 if all(within) else 1


if __name__ == '__main__':
    sys.exit(main())
