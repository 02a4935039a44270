# SPDX-License-Identifier: Apache-2.0
"""Booting and deleting servers over RabbitMQ and MariaDB, fake driver: python -m benchmarks.bench_boot

Measured: POST /servers; POST until ACTIVE, one server at a time; a burst, with the CPU of all processes, the broker's
and the database's too; deleting the same servers.  A boot's messages and statements are counted at the broker and the
database.  Floor of one boot: the same number of messages by bare oslo.messaging and of one-row statements by the bare
driver, one after the other; of a POST: its statements; of a burst and of deletes: the CPU of the floor, on all cores.
"""
import json
import os
import statistics
import sys
import time

import pymysql
import sqlalchemy as sa

from benchmarks import common
from tests.fixtures import processes

PUBLISHED = '''element(2, lists:foldl(fun({_, M}, {ok, S}) -> {ok, S + maps:get(messages_received_total, M, 0)} end,
               {ok, 0}, maps:to_list(rabbit_global_counters:overview()))).'''


def counters(lab):
    """Return (messages that the broker took, statements that the database ran) so far."""
    messages = int(lab.broker.control('eval', PUBLISHED).strip())
    return messages, int(lab.mariadb.sql("SHOW GLOBAL STATUS LIKE 'Questions'")[0][1])


def floor_of_messages(lab, times):
    """Return (milliseconds, CPU ms of client, server and broker) of one message; a call is two."""
    url = lab.broker.new_virtual_host()
    with common.child('floor_rpc', 'server', url) as server:
        sessions = [server.pid, lab.broker.server.pid]
        before = common.cpu(sessions)
        with common.child('floor_rpc', 'client', url, str(times)) as client:
            result = json.loads(client.output().rpartition('ready')[2])
            used = common.cpu(sessions) - before + result['cpu']
    return statistics.median(result['taken']) / 2, used * 1000 / times / 2


def floor_of_statements(lab, times):
    """Return (milliseconds, CPU ms of client and database) of reading one row by its number."""
    url = sa.make_url(lab.database_url)
    connection = pymysql.connect(host=url.host, port=url.port, user=url.username, database=url.database)
    with connection, connection.cursor() as cursor:
        sessions = [lab.mariadb.server.pid]
        before, own = common.cpu(sessions), time.process_time()

        def read():
            cursor.execute('SELECT * FROM flavors WHERE id = 1')
            cursor.fetchall()
        taken = common.milliseconds(read, times)
        used = common.cpu(sessions) - before + time.process_time() - own
    return statistics.median(taken), used * 1000 / times


def one_by_one(lab, count):
    """Return milliseconds of the POSTs, and until ACTIVE."""
    posts, actives = [], []
    for number in range(count):
        began = time.perf_counter()
        server = lab.client.post('/servers', lab.body(f'one{number}'))['server']['id']
        posts.append((time.perf_counter() - began) * 1000)
        processes.wait_for(lambda server=server: lab.sql(
            f"SELECT vm_state = 'active' FROM instances WHERE uuid = '{server}'"), 'server', interval=0.002)
        actives.append((time.perf_counter() - began) * 1000)
    return posts, actives


def statements_of_post(lab, count):
    """Return the statements of one POST: only the API runs, so nobody builds what it takes."""
    before = counters(lab)[1]
    for number in range(count):
        lab.client.post('/servers', lab.body(f'post{number}'))
    return (counters(lab)[1] - before) / count


def counted(lab, count):
    """Return the messages and statements of one boot; nobody looks meanwhile, and those of idle time are taken off."""
    first, began = counters(lab), time.monotonic()
    for number in range(count):
        lab.client.post('/servers', lab.body(f'counted{number}'))
        time.sleep(0.5)
    second, middle = counters(lab), time.monotonic()
    time.sleep(5)
    third, end = counters(lab), time.monotonic()
    share = (middle - began) / (end - middle)
    return [max(0, (b - a - (c - b) * share) / count) for a, b, c in zip(first, second, third, strict=True)]


def burst(lab, count):
    """Return boots a second, and CPU ms of the whole cloud for each."""
    before, had = common.cpu(lab.everything()), lab.count('active')
    began = time.perf_counter()
    lab.send_all('POST', [('/servers', lab.body(f'burst{number}')) for number in range(count)])
    processes.wait_for(lambda: lab.count('active') >= had + count, 'active servers', 300, interval=0.05)
    seconds = time.perf_counter() - began
    return count / seconds, (common.cpu(lab.everything()) - before) * 1000 / count


def deletes(lab, count):
    """Return deletes a second."""
    servers = lab.client.get(f'/servers?limit={count}')['servers']
    had = lab.count('active')
    began = time.perf_counter()
    lab.send_all('DELETE', [(f'/servers/{server["id"]}',) for server in servers])
    processes.wait_for(lambda: lab.sql('SELECT COUNT(*) FROM instances WHERE deleted = 0') <= had - len(servers),
                       'end of all', 300, interval=0.05)
    return len(servers) / (time.perf_counter() - began)


def main():
    options = common.arguments(__doc__, (('--boots',), {'type': int, 'default': 40, 'help': 'one by one'}),
                               (('--burst',), {'type': int, 'default': 100}))
    common.machine()
    boots, many = (4, 10) if options.quick else (options.boots, options.burst)
    with common.cloud() as lab:
        lab.start('nova-api')
        lab.make_flavor()
        statements_of_post(lab, 8)  # the first ones of a worker also read what it keeps
        of_post = statements_of_post(lab, 10)
        lab.start('nova-conductor', 'nova-scheduler', 'nova-network', 'nova-compute')
        processes.wait_for(lambda: lab.count('active') >= 18, 'end of the boots so far', 120, interval=0.5)
        one_by_one(lab, 5)
        message_ms, message_cpu = floor_of_messages(lab, boots * 10)
        statement_ms, statement_cpu = floor_of_statements(lab, boots * 50)
        messages, statements = counted(lab, boots // 2)
        print(f'one POST: {of_post:.1f} statements; one boot: {messages:.1f} messages, {statements:.1f} statements')
        print(f'bare message {message_ms:.2f} ms ({message_cpu:.2f} CPU), bare statement {statement_ms:.2f} ms '
              f'({statement_cpu:.2f} CPU)')
        floor_ms = messages * message_ms + statements * statement_ms
        floor_cpu = messages * message_cpu + statements * statement_cpu
        posts, actives = one_by_one(lab, boots)
        within = [common.show('POST /servers', posts, 'ms', statement_ms * of_post, 15),
                  common.show('POST to ACTIVE', actives, 'ms', floor_ms, 80, 120)]
        rate, used = burst(lab, many)
        fastest = os.cpu_count() * 1000 / floor_cpu
        within += [common.show(f'burst of {many}', rate, 'boots/s', fastest, 20, more_is_better=True),
                   common.show('CPU of all processes for one boot', used, 'ms', floor_cpu, 70),
                   common.show('deletes', deletes(lab, many), '/s', fastest, 30, more_is_better=True)]
    common.machine()
    return 0 if all(within) else 1


if __name__ == '__main__':
    sys.exit(main())
