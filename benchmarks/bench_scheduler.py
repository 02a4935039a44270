# SPDX-License-Identifier: Apache-2.0
"""How long select_destinations takes with many hosts: python benchmarks/bench_scheduler.py --hosts 1000 10000

Each request reads what changed, filters, weighs, claims and picks alternates, exactly as behind RPC; between two
requests some hosts report and all services beat.  Floor: by the bare database driver one SELECT of the numbers that
decide, of all hosts (what any scheduler without a memory must read for each request), and one transaction that takes
the room and stores the claim.  Reports are written outside the measured time, as in the service.
"""
import mininova.cmd  # noqa: F401  (first: it patches the standard library)

# isort: split
import argparse
import importlib.metadata
import os
import random
import statistics
import sys
import tempfile
import time
import uuid

import sqlalchemy as sa

import mininova.conf
from mininova import config, objects
from mininova import context as nova_context
from mininova.db import aggregates, models, session
from mininova.scheduler import filter_scheduler, filters

CONF = mininova.conf.CONF
AGGREGATES = 20
BUDGET_MS = {1000: 50, 10000: 300}
FLOOR_READ = 'SELECT id, vcpus, vcpus_used, memory_mb, memory_mb_used, local_gb, local_gb_used FROM compute_nodes'
FLOOR_TAKE = 'UPDATE compute_nodes SET memory_mb_used = memory_mb_used + 1 WHERE id = {node}'
FLOOR_CLAIM = ("INSERT INTO allocations (instance_uuid, compute_node_id, kind, vcpus, memory_mb, disk_gb) "
               "VALUES ('{uuid}', {node}, 'instance', 1, 1, 1)")
CPU = {'arch': 'x86_64', 'model': 'Skylake-Server', 'vendor': 'Intel',
       'topology': {'sockets': 2, 'cores': 16, 'threads': 2}, 'features': [f'feature{number}' for number in range(80)]}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--hosts', type=int, nargs='+', default=[1000, 10000])
    parser.add_argument('--requests', type=int, default=200, help='measured requests for each number of hosts')
    parser.add_argument('--reports', type=int, metavar='N',
                        help='hosts that report between two requests (default: hosts / 600)')
    parser.add_argument('--down', type=float, default=0.01, help='share of hosts that are down')
    parser.add_argument('--all-filters', action='store_true',
                        help='with every filter there is, and twenty aggregates with metadata for them')
    parser.add_argument('--database', help='SQLAlchemy URL of an empty database; default is SQLite in a temporary file')
    return parser.parse_args()


def connect(url):
    """Make an empty schema and configure this process for it."""
    config.base.set_lib_defaults()
    CONF([], project='nova', default_config_files=[])
    CONF.set_override('connection', url, group='database')
    objects.register_all()
    session.reset()
    models.metadata.drop_all(session.engine())
    models.metadata.create_all(session.engine())


def fill(count, down):
    """Write hosts of three sizes, some of them down, with part of their room taken."""
    now = session.now()
    dice = random.Random(4711)
    nodes, services = [], []
    for number in range(count):
        host, size = f'cmp{number:05d}', dice.choice((1, 2, 4))
        nodes.append({
            'uuid': str(uuid.uuid4()), 'host': host, 'hypervisor_hostname': host, 'vcpus': 32 * size,
            'memory_mb': 131072 * size, 'local_gb': 2000 * size, 'reserved_vcpus': 0, 'reserved_memory_mb': 512,
            'reserved_disk_gb': 0, 'vcpus_used': 0, 'memory_mb_used': 0, 'local_gb_used': 0,
            'cpu_allocation_ratio': 16.0, 'ram_allocation_ratio': 1.5, 'disk_allocation_ratio': 1.0,
            'disk_available_least': 2000 * size - dice.randrange(500), 'hypervisor_type': 'QEMU',
            'hypervisor_version': 7002000, 'supported_instances': [['x86_64', 'qemu', 'hvm']], 'cpu_info': CPU,
            'stats': {'note': number}, 'host_ip': '10.0.0.1', 'created_at': now, 'updated_at': now})
        services.append({'uuid': str(uuid.uuid4()), 'host': host, 'binary': 'nova-compute', 'topic': 'compute',
                         'last_seen_up': now, 'forced_down': dice.random() < down})
    with session.writer() as connection:
        connection.execute(sa.insert(models.compute_nodes), nodes)
        connection.execute(sa.insert(models.services), services)


def enable_all_filters(count):
    """Enable every filter, those by aggregate in place of the plain ones, and give the aggregates something to say."""
    names = {entry.name for entry in importlib.metadata.entry_points(group=filters.GROUP)}
    plain = {name.removeprefix('Aggregate') for name in names if name.startswith('Aggregate')}
    CONF.set_override('enabled_filters', sorted(names - plain), group='filter_scheduler')
    for number in range(AGGREGATES):
        aggregates.create(f'aggregate{number}', {
            'cpu_allocation_ratio': str(10 + number), 'ram_weight_multiplier': str(1 + number / 10),
            'max_io_ops_per_host': '1000', 'max_instances_per_host': '1000', 'ssd': 'true', 'filter_tenant_id': 'demo'},
            [f'cmp{host:05d}' for host in range(number, count, AGGREGATES)])


def clear():
    with session.writer() as connection:
        for table in (models.compute_nodes, models.services, models.instances, models.allocations,
                      models.aggregates, models.aggregate_hosts, models.aggregate_metadata):
            connection.execute(sa.delete(table))


def make_servers(count):
    uuids = [str(uuid.uuid4()) for _ in range(count)]
    with session.writer() as connection:
        connection.execute(sa.insert(models.instances), [{'uuid': one, 'vm_state': 'building'} for one in uuids])
    return uuids


def disturb(count, reports):
    """Let some hosts report and all services beat, as they do between two requests."""
    nodes, services = models.compute_nodes, models.services
    with session.writer() as connection:
        for number in random.sample(range(count), min(count, reports)):
            connection.execute(sa.update(nodes).where(nodes.c.host == f'cmp{number:05d}').values(
                updated_at=session.now(), generation=nodes.c.generation + 1))
        connection.execute(sa.update(services).values(last_seen_up=session.db_now()))


def measure(function, times):
    """Return the milliseconds that each call took."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        function()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def floor():
    """Do with the bare driver what cannot be avoided."""
    raw = session.engine().raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute(FLOOR_READ)
        node = cursor.fetchall()[0][0]
        cursor.execute('BEGIN')
        cursor.execute(FLOOR_TAKE.format(node=node))
        cursor.execute(FLOOR_CLAIM.format(node=node, uuid=uuid.uuid4()))
        cursor.execute('COMMIT')
    finally:
        raw.close()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def small_request(context, asks_for_ssd=False):
    """Return a request for an ordinary server."""
    flavor = objects.Flavor(context, id=1, flavorid='1', name='m1.small', memory_mb=2048, vcpus=1, root_gb=20,
                            ephemeral_gb=0, swap=0, extra_specs={'ssd': 'true'} if asks_for_ssd else {},
                            projects=[])
    spec = objects.RequestSpec(context, flavor=flavor, image=objects.ImageMeta.from_dict({'id': 'i'}),
                               instance_uuid=str(uuid.uuid4()), project_id='demo')
    spec.obj_set_defaults_if_unset()
    return spec


def run(count, options):
    """Measure one size and return whether it is within its budget."""
    clear()
    fill(count, options.down)
    if options.all_filters:
        enable_all_filters(count)
    reports = count // 600 if options.reports is None else options.reports
    context = nova_context.get_admin_context()
    spec = small_request(context, options.all_filters)
    scheduler = filter_scheduler.FilterScheduler()
    first = measure(scheduler.host_manager.get_all_host_states, 1)[0]
    taken, cpu, parts = [], [], {'read': [], 'filter': [], 'claim': []}
    for server in make_servers(options.requests):
        disturb(count, reports)
        began, began_cpu = time.perf_counter(), time.process_time()
        _, decision = scheduler.select_destinations(context, spec, [server])
        taken.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - began_cpu) * 1000)
        for name, values in parts.items():
            values.append(getattr(decision, f'{name}_seconds') * 1000)
    lowest = statistics.median(measure(floor, 20))
    p50, p95 = percentile(taken, 0.5), percentile(taken, 0.95)
    budget = BUDGET_MS.get(count)
    detail = ', '.join(f'{name} {statistics.median(values):.1f}' for name, values in parts.items())
    print(f'{count:>6} hosts: p50 {p50:6.1f} ms  p95 {p95:6.1f} ms  floor {lowest:6.1f} ms  ratio {p50 / lowest:5.2f}  '
          f'budget p95 {budget or "-"} ms')
    print(f'              median ms: CPU {statistics.median(cpu):.1f}, {detail}; first read of all hosts {first:.0f}; '
          f'load of the machine {os.getloadavg()[0]:.1f}')
    return budget is None or p95 <= budget


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as directory:
        connect(options.database or f'sqlite:///{directory}/nova.sqlite')
        print(f'select_destinations, {session.engine().dialect.name}, {options.requests} requests each')
        within = [run(count, options) for count in options.hosts]
        session.reset()
    return 0 if all(within) else 1


if __name__ == '__main__':
    sys.exit(main())
