# SPDX-License-Identifier: Apache-2.0
"""GET /servers/detail with 1000 servers: python -m benchmarks.bench_list

Of all 1000 and with limit=50: once in this process (Paste pipeline, noauth2, MariaDB) and once over HTTP from a
nova-api.  Floor: the very SQL statements of that request by the bare driver, all rows fetched, and writing the same
document with orjson, the quickest there is.
"""
import mininova.cmd  # noqa: F401  (first: it patches the standard library)

# isort: split
import sys
import uuid

import orjson
import pymysql
import sqlalchemy as sa

from benchmarks import common
from mininova import config, wsgi
from mininova.db import models, session
from tests.fixtures import api_client

BUDGETS = {'': 80, '?limit=50': 10}


def card(number):
    """Return the network of a server, as stored."""
    address = f'10.1.{number // 250}.{number % 250 + 2}'
    subnet = {'cidr': '10.1.0.0/16', 'version': 4, 'gateway': {'address': '10.1.0.1', 'version': 4, 'type': 'gateway'},
              'dns': [], 'routes': [], 'meta': {'dhcp_server': '10.1.0.1'},
              'ips': [{'address': address, 'version': 4, 'type': 'fixed', 'floating_ips': [], 'meta': {}}]}
    return {'id': str(uuid.uuid4()), 'address': f'fa:16:3e:00:{number // 256:02x}:{number % 256:02x}', 'type': 'bridge',
            'network': {'id': str(uuid.uuid4()), 'bridge': 'br100', 'label': 'private', 'subnets': [subnet],
                        'meta': {'mtu': 1500}}, 'details': {}, 'devname': f'tap{number}', 'active': True,
            'vnic_type': 'normal', 'profile': {}, 'preserve_on_delete': False, 'meta': {}}


def fill(api, lab, count):
    """Make servers by the API, with metadata and tags, and turn them into running ones with an address each."""
    for first in range(0, count, 50):
        body = lab.body(f'vm{first}', min_count=min(50, count - first), metadata={'role': 'web', 'owner': 'bench'})
        answer = api.post('/servers', body, version='2.96')
        assert answer.status == 202, answer.body
    instances = models.instances
    with session.writer() as connection:
        connection.execute(sa.update(instances).values(
            vm_state='active', task_state=None, power_state=1, host='h1', node='h1', launched_at=session.now(),
            launched_on='h1', availability_zone='nova'))
        for number, id_ in enumerate(connection.execute(sa.select(instances.c.id)).scalars().all()):
            connection.execute(sa.update(instances).where(instances.c.id == id_).values(network_info=[card(number)]))


def remembered(api, path):
    """Return ([(statement, parameters), ...], document) of one request."""
    sent = []

    def note(connection, cursor, statement, parameters, context, executemany):
        sent.append((statement, parameters))
    sa.event.listen(session.engine(), 'before_cursor_execute', note)
    document = api.get(path, version='2.96').json
    sa.event.remove(session.engine(), 'before_cursor_execute', note)
    return sent, document


def measure(api, lab, path, rounds):
    """Return whether one way of listing is within its budget."""
    sent, document = remembered(api, f'/servers/detail{path}')
    url = sa.make_url(lab.database_url)
    raw = pymysql.connect(host=url.host, port=url.port, user=url.username, database=url.database, charset='utf8mb4')

    def floor():
        with raw.cursor() as cursor:
            for statement, parameters in sent:
                cursor.execute(statement, parameters)
                cursor.fetchall()
            raw.rollback()
        orjson.dumps(document)

    least, inside, outside = [], [], []
    for _ in range(rounds):  # in turn, so that what else the machine does hits all alike
        least += common.milliseconds(floor, 1)
        inside += common.milliseconds(lambda: api.get(f'/servers/detail{path}', version='2.96'), 1)
        outside += common.milliseconds(lambda: lab.client.request('GET', f'/servers/detail{path}', version='2.96'), 1)
    raw.close()
    print(f'{len(document["servers"])} servers, {len(sent)} statements')
    lowest = common.percentile(least, 0.5)
    budget = BUDGETS[path]
    within = common.show(f'GET /servers/detail{path} in this process', inside, 'ms', lowest, budget)
    common.show(f'GET /servers/detail{path} over HTTP', outside, 'ms', lowest, budget)
    return within


def main():
    options = common.arguments(__doc__, (('--servers',), {'type': int, 'default': 1000}),
                               (('--rounds',), {'type': int, 'default': 30}))
    common.machine()
    with common.cloud() as lab:
        config.parse_args(['bench', '--config-file', str(lab.conf_file())])
        lab.start('nova-api')
        lab.make_flavor()
        api = api_client.ApiClient(wsgi.Loader().load_app('osapi_compute'))
        fill(api, lab, 50 if options.quick else options.servers)
        within = [measure(api, lab, path, 3 if options.quick else options.rounds) for path in BUDGETS]
        session.reset()
    common.machine()
    return 0 if all(within) else 1


if __name__ == '__main__':
    sys.exit(main())
