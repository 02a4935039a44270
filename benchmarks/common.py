# SPDX-License-Identifier: Apache-2.0
"""What the programs share: a private cloud, looks at processes in /proc, and the way a result is printed."""
import argparse
import contextlib
import multiprocessing.pool
import os
import pathlib
import statistics
import sys
import tempfile
import time

import requests
import sqlalchemy as sa

from tests.fixtures import mariadb, processes, rabbit, services

ROOT = pathlib.Path(__file__).resolve().parents[1]
TICKS = os.sysconf('SC_CLK_TCK')
SIX = ('nova-conductor', 'nova-scheduler', 'nova-compute', 'nova-api')  # 2 + 2 workers make six that work


def arguments(description, *options):
    """Parse the command line.

    :param options: (words, keywords) of add_argument, besides --quick
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--quick', action='store_true', help='a few rounds only: shows that the program works')
    for words, keywords in options:
        parser.add_argument(*words, **keywords)
    return parser.parse_args()


# -- results -----------------------------------------------------------------------


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def milliseconds(function, times):
    """Return how long each call took."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        function()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def machine():
    """Print what every result of a run depends on."""
    load = ' '.join(f'{value:.1f}' for value in os.getloadavg())
    print(f'{time.strftime("%Y-%m-%d %H:%M")}, {os.cpu_count()} cores, load {load}, Python {sys.version.split()[0]}',
          flush=True)


def show(what, values, unit, floor, budget=None, p95_budget=None, more_is_better=False):
    """Print one result.

    :param values: one number, or those of all rounds
    :param floor: the same of what cannot be done without, measured in this run
    :param budget: largest (or smallest) p50 that is right
    :returns: whether it is within the budget
    """
    values = values if isinstance(values, (list, tuple)) else [values]
    p50, p95 = statistics.median(values), percentile(values, 0.95)
    within = budget is None or (p50 >= budget if more_is_better else p50 <= budget)
    within = within and (p95_budget is None or p95 <= p95_budget)
    limits = '-' if budget is None else f'{">=" if more_is_better else "<="} {budget:g}'
    limits += '' if p95_budget is None else f' / {p95_budget:g}'
    tail = f' p95 {p95:.2f}' if len(values) > 1 else ''
    ratio = (floor / p50 if more_is_better else p50 / floor) if floor and p50 else float('nan')
    print(f'{what}: p50 {p50:.2f}{tail} {unit}; floor {floor:.2f}; ratio {ratio:.2f}; '
          f'budget {limits} {unit}{"" if within else "  OVER"}', flush=True)
    return within


# -- processes -----------------------------------------------------------------------


def members(session):
    """Return the numbers of all processes of a session: a service and the workers it forked."""
    found = []
    for entry in pathlib.Path('/proc').iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / 'stat').read_text().rpartition(')')[2].split()
                if int(fields[3]) == session:
                    found.append(int(entry.name))
    return found


def pss(sessions):
    """Return the memory of sessions in MB: pages that several processes share count once, divided among them."""
    total = 0
    for session in sessions:
        for member in members(session):
            with contextlib.suppress(OSError):
                for line in pathlib.Path(f'/proc/{member}/smaps_rollup').read_text().splitlines():
                    if line.startswith('Pss:'):
                        total += int(line.split()[1])
    return total / 1024


def cpu(sessions):
    """Return the CPU seconds that the living processes of sessions have used, with children that ended."""
    total = 0
    for session in sessions:
        for member in members(session):
            with contextlib.suppress(OSError):
                fields = pathlib.Path(f'/proc/{member}/stat').read_text().rpartition(')')[2].split()
                total += sum(int(value) for value in fields[11:15])
    return total / TICKS


@contextlib.contextmanager
def child(module, *words, ready='ready', seconds=60):
    """Run a module of this package as a process until the block ends; it prints `ready` when it is."""
    with tempfile.TemporaryDirectory() as directory:
        process = processes.Process(module, [sys.executable, '-m', f'benchmarks.{module}', *words],
                                    pathlib.Path(directory) / 'log', {'PYTHONPATH': str(ROOT)})
        try:
            yield process.start().wait_ready(lambda: ready in process.output(), seconds)
        finally:
            # An empty oslo.service waits for a minute before it ends by itself.
            process.stop(seconds=1)


# -- clouds ----------------------------------------------------------------------------


class Cloud(services.Lab):
    """The services of one host beside a private RabbitMQ and MariaDB; also reads the database directly."""

    def __init__(self, directory, broker, server):
        super().__init__(directory, broker.new_virtual_host(), server.new_database())
        self.broker, self.mariadb = broker, server
        self.configure(osapi_compute_workers=2, report_interval=30, service_down_time=90)
        self.configure('conductor', workers=2).configure('fake', persistent='false', vcpus=100000, memory_mb=10 ** 8,
                                                         local_gb=10 ** 6)
        self.configure('quota', instances=-1, cores=-1, ram=-1)
        self.engine = sa.create_engine(self.database_url)

    def sessions(self, *binaries):
        return [self.services[name].pid for name in binaries or self.services]

    def everything(self):
        """Return the sessions of all services, of the broker and of the database."""
        return [*self.sessions(), self.broker.server.pid, self.mariadb.server.pid]

    def sql(self, statement):
        """Return the first value of the first row."""
        with self.engine.connect() as connection:
            return connection.execute(sa.text(statement)).scalar()

    def count(self, vm_state):
        return self.sql(f"SELECT COUNT(*) FROM instances WHERE deleted = 0 AND task_state IS NULL "
                        f"AND vm_state = '{vm_state}'")

    def send_all(self, method, path_and_bodies, connections=8):
        """Send many requests over some connections at the same time."""
        with multiprocessing.pool.ThreadPool(connections) as pool:
            pool.map(lambda pair: self.client.call(method, *pair), path_and_bodies, chunksize=1)

    def body(self, name, **values):
        return {'server': {'name': name, 'flavorRef': '1', 'imageRef': services.IMAGE_ID, 'networks': 'none', **values}}


@contextlib.contextmanager
def cloud():
    """Give a Cloud with nothing started; everything is ended and removed when the block ends."""
    with tempfile.TemporaryDirectory(prefix='mininova-bench.') as name, contextlib.ExitStack() as stack:
        directory = pathlib.Path(name)
        broker = rabbit.Broker(directory / 'rabbit')
        stack.callback(broker.end)
        server = mariadb.Server(directory / 'mariadb')
        stack.callback(server.stop)
        broker.start()
        server.start()
        made = Cloud(directory / 'lab', broker, server)
        stack.callback(made.engine.dispose)
        stack.callback(made.stop)
        made.prepare()
        yield made


def answers(lab):
    """Tell whether the API gives a list of flavors."""
    with contextlib.suppress(requests.ConnectionError):
        return lab.client.request('GET', '/flavors').status_code == 200
    return False
