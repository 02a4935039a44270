# SPDX-License-Identifier: Apache-2.0
"""GET /servers/detail with 1000 and with 10000 servers: python -m benchmarks.bench_list

With 1000 servers all of them and with limit=50, with 10000 all of them in pages of 1000, from the first to the last:
once in this process (Paste pipeline, noauth2, MariaDB) and once over HTTP from a nova-api.  Floor: the very SQL
statements of these requests by the bare driver, all rows fetched, and writing the same documents with orjson, the
quickest there is.
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
PAGED, PAGED_BUDGET = '?limit=1000', 80  # ms for each page, as for a list that is one
MOST_OF_FLOOR = 3


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


def multiply(times):
    """Make so many servers like each that there is, with all that belongs to it in lists."""
    tables = {models.instances: 'uuid', models.instance_metadata: 'instance_uuid',
              models.request_specs: 'instance_uuid', models.block_device_mapping: 'instance_uuid',
              models.instance_actions: 'instance_uuid'}
    with session.writer() as connection:
        rows = {table: [dict(row) for row in connection.execute(sa.select(table)).mappings()] for table in tables}
        for number in range(times - 1):
            for table, column in tables.items():
                twins = [{**row, column: str(uuid.uuid5(uuid.UUID(row[column]), str(number)))} for row in rows[table]]
                for twin in twins:
                    del twin['id']
                    if table is models.block_device_mapping:
                        twin['uuid'] = str(uuid.uuid4())
                for first in range(0, len(twins), 200):
                    connection.execute(sa.insert(table), twins[first:first + 200])


def walk(api, path):
    """Return ([path of each page], [document of each page]) of a list from its first page to its last."""
    paths, documents = [f'/servers/detail{path}'], []
    while len(paths) > len(documents):
        documents.append(api.get(paths[-1], version='2.96').json)
        links = documents[-1].get('servers_links', ()) if path == PAGED else ()
        paths += [link['href'][link['href'].index('/servers/detail'):] for link in links if link['rel'] == 'next']
    return paths, documents


def remembered(api, path):
    """Return ([(statement, parameters), ...], paths, documents) of one walk."""
    sent = []

    def note(connection, cursor, statement, parameters, context, executemany):
        sent.append((statement, parameters))
    sa.event.listen(session.engine(), 'before_cursor_execute', note)
    paths, documents = walk(api, path)
    sa.event.remove(session.engine(), 'before_cursor_execute', note)
    return sent, paths, documents


def measure(api, lab, path, rounds, budget):
    """Return whether one way of listing is within its budget.

    :param budget: ms for one page
    """
    sent, paths, documents = remembered(api, path)
    url = sa.make_url(lab.database_url)
    raw = pymysql.connect(host=url.host, port=url.port, user=url.username, database=url.database, charset='utf8mb4')

    def floor():
        with raw.cursor() as cursor:
            for statement, parameters in sent:
                cursor.execute(statement, parameters)
                cursor.fetchall()
            raw.rollback()
        for document in documents:
            orjson.dumps(document)

    least, within_process, over_http = [], [], []
    for _ in range(rounds):  # in turn, so that what else the machine does hits all alike
        least += common.milliseconds(floor, 1)
        within_process += common.milliseconds(
            lambda: [api.get(page, version='2.96') for page in paths], 1)
        over_http += common.milliseconds(
            lambda: [lab.client.request('GET', page, version='2.96') for page in paths], 1)
    raw.close()
    count = sum(len(document['servers']) for document in documents)
    print(f'{count} servers, {len(documents)} pages, {len(sent)} statements')
    lowest, limit = common.percentile(least, 0.5), budget * sum(bool(document['servers']) for document in documents)
    what = f'GET /servers/detail{path}, {count} servers'
    within = common.show(f'{what}, in this process', within_process, 'ms', lowest, limit)
    common.show(f'{what}, over HTTP', over_http, 'ms', lowest, limit)
    if common.percentile(within_process, 0.5) > MOST_OF_FLOOR * lowest:
        print(f'{what}: more than {MOST_OF_FLOOR} times the floor')
        within = False
    return within


def main():
    options = common.arguments(__doc__, (('--servers',), {'type': int, 'default': 1000}),
                               (('--times',), {'type': int, 'default': 10}),
                               (('--rounds',), {'type': int, 'default': 30}))
    common.machine()
    rounds = 3 if options.quick else options.rounds
    with common.cloud() as lab:
        config.parse_args(['bench', '--config-file', str(lab.conf_file())])
        lab.start('nova-api')
        lab.make_flavor()
        api = api_client.ApiClient(wsgi.Loader().load_app('osapi_compute'))
        fill(api, lab, 50 if options.quick else options.servers)
        within = [measure(api, lab, path, rounds, budget) for path, budget in BUDGETS.items()]
        multiply(options.times)
        within.append(measure(api, lab, PAGED, max(rounds // 3, 3), PAGED_BUDGET))
        session.reset()
    common.machine()
    return 0 if all(within) else 1


if __name__ == '__main__':
    sys.exit(main())
