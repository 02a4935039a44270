# SPDX-License-Identifier: Apache-2.0
"""select_destinations over RPC, with hosts that live: python -m benchmarks.bench_select --hosts 1000

A private RabbitMQ and MariaDB, nova-conductor, nova-scheduler and simulate_hosts.  The question is asked as
nova-conductor asks it, one after the other; the choice must have room, and the sums of claims must be exact afterwards.
Floor: a bare RPC round trip and bench_scheduler's floor (one SELECT of all hosts' numbers, one claim) on MariaDB.
bench_scheduler measures the same without RPC.
"""
import mininova.cmd  # noqa: F401  (first: it patches the standard library)

# isort: split
import pathlib
import statistics
import sys
import time

from benchmarks import bench_boot, bench_scheduler, common
from mininova import config, rpc
from mininova import context as nova_context
from mininova.db import session
from mininova.scheduler import rpcapi
from tests.fixtures import processes


def simulate(lab, count):
    """Start the process of the hosts and wait until they are there."""
    command = [sys.executable, '-m', 'benchmarks.simulate_hosts', '--config-file', lab.conf_file('sim'),
               '--hosts', count]
    process = processes.Process('simulate_hosts', command, pathlib.Path(lab.directory) / 'hosts.log',
                                {'PYTHONPATH': str(common.ROOT)})
    lab.services['simulate_hosts'] = lab.group.add(process)
    process.start().wait_ready(lambda: 'hosts are ready' in process.output(), 120 + count // 20)
    print(process.output().strip().splitlines()[-1])


def is_exact(lab):
    """Tell whether the sums of all hosts are those of their claims."""
    return lab.sql('SELECT COUNT(*) FROM compute_nodes n WHERE n.memory_mb_used <> (SELECT '
                   'COALESCE(SUM(a.memory_mb), 0) FROM allocations a WHERE a.compute_node_id = n.id)') == 0


def main():
    options = common.arguments(__doc__, (('--hosts',), {'type': int, 'default': 1000}),
                               (('--requests',), {'type': int, 'default': 100}))
    hosts, requests = (20, 5) if options.quick else (options.hosts, options.requests)
    common.machine()
    with common.cloud() as lab:
        lab.configure(report_interval=60, service_down_time=600).configure('fake', vcpus=64, memory_mb=262144)
        lab.start('nova-conductor', 'nova-scheduler')
        simulate(lab, hosts)
        message_ms, _ = bench_boot.floor_of_messages(lab, 50)
        config.parse_args(['bench', '--config-file', str(lab.conf_file())])
        least = 2 * message_ms + statistics.median(common.milliseconds(bench_scheduler.floor, 10))
        context, client = nova_context.get_admin_context(), rpcapi.SchedulerAPI()
        spec, taken = bench_scheduler.small_request(context), []
        servers = bench_scheduler.make_servers(requests + 1)
        began = time.perf_counter()
        for server in servers:
            spec.instance_uuid = server
            client.select_destinations(context, spec, [server])
            taken.append((time.perf_counter() - began) * 1000)
            began = time.perf_counter()
        print(f'the first request took {taken[0]:.0f} ms; claims are exact: {is_exact(lab)}')
        budget = bench_scheduler.BUDGET_MS.get(hosts)
        within = common.show(f'select_destinations over RPC, {hosts} hosts', taken[1:], 'ms', least, budget, budget)
        within = within and is_exact(lab)
        rpc.cleanup()
        session.reset()
    common.machine()
    return 0 if within else 1


if __name__ == '__main__':
    sys.exit(main())
