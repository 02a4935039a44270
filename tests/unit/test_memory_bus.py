# SPDX-License-Identifier: Apache-2.0
"""The bus inside one process: prompt, and idle when there is nothing to do."""
import time

import kombu
import pytest
from kombu.transport import memory

from mininova import concurrency, memory_bus
from tests.fixtures import processes


@pytest.fixture
def connect(rpc):
    """Return connections to the bus, which `rpc` has told kombu about."""
    made = []

    def connection():
        made.append(kombu.Connection('memory://'))
        return made[-1]
    yield connection
    for one in made:
        one.release()


def consume(connection, queue):
    """Consume in the background; gives the list of bodies that arrive."""
    found = []
    connection.transport.polling_interval = 0.0                     # as oslo.messaging does

    def drain():
        with kombu.Consumer(connection, [queue], callbacks=[lambda body, message: (found.append(body), message.ack())]):
            while 'end' not in found:
                connection.drain_events()
    return found, concurrency.spawn(drain)


@pytest.mark.parametrize('kind', ['direct', 'topic', 'fanout'])
def test_a_sleeper_is_woken_by_its_message(connect, kind, monkeypatch):
    monkeypatch.setattr(memory_bus, 'LONGEST_SLEEP', 600)
    exchange = kombu.Exchange(f'bus-{kind}', kind)
    queue = kombu.Queue(f'bus-{kind}', exchange, routing_key='key')
    found, reader = consume(connect(), queue)
    producer = kombu.Producer(connect(), exchange, routing_key='key')
    queue(producer.channel).declare()
    for body in ('first', 'end'):
        time.sleep(0.1)
        producer.publish(body)
    reader.wait()
    assert found == ['first', 'end']


def test_nobody_looks_for_messages_while_there_are_none(connect, monkeypatch):
    looks, look = [], memory.Channel._get
    monkeypatch.setattr(memory.Channel, '_get', lambda *args, **kwargs: (looks.append(1), look(*args, **kwargs))[1])
    queue = kombu.Queue('bus-idle', kombu.Exchange('bus-idle'), routing_key='key')
    _found, reader = consume(connect(), queue)
    producer = kombu.Producer(connect(), queue.exchange, routing_key='key')
    processes.wait_for(lambda: looks, 'first look', 10)
    time.sleep(0.3)
    assert len(looks) <= 3
    producer.publish('end')
    reader.wait()


def test_a_wait_ends_in_time(connect):
    connection = connect()
    queue = kombu.Queue('bus-none', kombu.Exchange('bus-none'), routing_key='key')
    with kombu.Consumer(connection, [queue]), pytest.raises(TimeoutError):
        connection.drain_events(timeout=0.05)
