# SPDX-License-Identifier: Apache-2.0
"""nova-network, nova-api-metadata and nova-dhcpbridge as processes over RabbitMQ; addresses in MariaDB."""
import collections
import json
import socket
import subprocess
import threading
import types

import pytest

from mininova import objects
from mininova import rpc as nova_rpc
from mininova.db import models, session
from mininova.network import api as network_api
from mininova.network import rpcapi as network_rpcapi
from tests.fixtures import processes, services

pytestmark = pytest.mark.needs('rabbit', 'mariadb')

PROJECT = 'a' * 32
FLAVOR = {'id': 1, 'flavorid': '1', 'name': 'm1.tiny', 'memory_mb': 128, 'vcpus': 1, 'root_gb': 1, 'ephemeral_gb': 0,
          'swap': 0}


@pytest.fixture
def database(conf, lab):
    """The lab's database, opened by this process too."""
    lab.prepare()
    conf.config(group='database', connection=lab.database_url)
    session.reset()
    yield session
    session.reset()


@pytest.fixture
def api(conf, database, lab, rpc):
    """The network API of this process on the lab's message bus."""
    conf.config(transport_url=lab.transport_url)
    rpc.cleanup()
    rpc.init(session.CONF)
    rpc.get_client(rpc.Target(topic='network'))  # registers the option
    conf.config(rpc_response_timeout=10)
    return network_api.API()


@pytest.fixture
def instance(make_instance):
    """What callers of the API hand over."""
    def make(host='h1', **values):
        values = {'flavor': FLAVOR, 'system_metadata': {}, **values}
        return types.SimpleNamespace(uuid=make_instance(host=host, **values), host=host, project_id=PROJECT)
    return make


def owners():
    with session.reader() as connection:
        rows = connection.execute(models.fixed_ips.select().where(models.fixed_ips.c.allocated.is_(True)))
        return {row.address: row.instance_uuid for row in rows}


def test_threads_on_mariadb_never_get_the_same_address(database, context, make_network, make_instance):
    make_network('10.0.0.0/26')
    guests = [(make_instance(host=f'h{number % 3}'), f'h{number % 3}') for number in range(48)]
    results, errors = [], []

    def work(mine):
        for instance_uuid, host in mine:
            try:
                cards = objects.VirtualInterfaceList.allocate(context, instance_uuid, PROJECT, host, None)
                if len(results) % 3 == 0:
                    objects.VirtualInterfaceList.deallocate(context, instance_uuid)
                    cards = objects.VirtualInterfaceList.allocate(context, instance_uuid, PROJECT, host, None)
                results.extend(cards)
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=work, args=(guests[start::8],)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    now = [card for instance_uuid, _host in guests
           for card in objects.VirtualInterfaceList.get_wiring(context, instance_uuid)]
    counted = collections.Counter(card['address'] for card in now)
    counted.update({card['gateway'] for card in now})
    assert len(now) == 48 and max(counted.values()) == 1
    assert len({card['mac'] for card in now}) == 48
    assert len({card['gateway'] for card in now}) == 3


def test_guests_that_come_first_at_the_same_time_share_one_gateway(database, context, make_network, make_instance):
    make_network('10.0.0.0/24')
    for number in range(8):
        host = f'h{number}'
        waiting = [threading.Thread(target=objects.VirtualInterfaceList.allocate, args=(
            context, make_instance(host=host), PROJECT, host, None)) for _guest in range(6)]
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join()
        own = [row for row in objects.FixedIPList.get_allocated(context, host=host) if not row.instance_uuid]
        assert len(own) == 1


def test_a_guest_is_wired_through_conductor(lab, api, context, instance, make_network):
    make_network()
    lab.start('nova-conductor', 'nova-network')
    guest = instance()
    info = api.allocate_for_instance(context, guest, None)
    assert [ip['address'] for ip in info.fixed_ips()] == ['10.0.0.3']
    assert api.allocate_for_instance(context, guest, None) == info
    api.deallocate_for_instance(context, guest)
    assert owners() == {}
    assert 'Traceback' not in lab.service('nova-network').output()


CRASH_POINTS = ('allocate.before', 'allocate.committed', 'allocate.after', 'deallocate.before', 'deallocate.committed',
                'deallocate.after')


def test_a_nova_network_killed_in_the_middle_leaves_nothing(
        lab, api, context, instance, make_network, change_instance, conf, tmp_path, monkeypatch):
    make_network()
    conf.config(rpc_response_timeout=3)
    monkeypatch.setattr(network_rpcapi, 'DEALLOCATE_TIMEOUT', 3)
    lab.configure('network', sync_interval=1)
    lab.start('nova-conductor')
    for point in CRASH_POINTS:
        once = tmp_path / point
        daemon = lab.add('nova-network', environment={'MININOVA_CRASHPOINT': f'network.{point}@{once}'},
                         name=f'nova-network-{point}')
        lab.wait_ready('nova-network', daemon.start())
        guest = instance()
        with pytest.raises(nova_rpc.MessagingTimeout):
            api.allocate_for_instance(context, guest, None)
            api._backend._rpcapi.deallocate_for_instance(context, 'h1', guest.uuid)
        assert daemon.exit_status() == -9 and once.exists()
        lab.wait_ready('nova-network', daemon.start())
        if point.startswith('allocate'):
            info = api.allocate_for_instance(context, guest, None)
            assert owners() == {'10.0.0.2': None, '10.0.0.3': guest.uuid}
            assert [ip['address'] for ip in info.fixed_ips()] == ['10.0.0.3']
        change_instance(guest.uuid, deleted=1)
        processes.wait_for(lambda: owners() == {}, f'release of the addresses after {point}', seconds=20)
        daemon.kill()


def test_metadata_comes_through_conductor_to_the_right_guest(
        lab, api, context, instance, make_network, change_instance):
    make_network('127.9.0.0/24')
    lab.configure(metadata_listen='0.0.0.0')
    lab.start('nova-conductor', 'nova-network', 'nova-api-metadata')
    guests = [instance(hostname=f'vm{number}') for number in range(2)]
    for guest in guests:
        change_instance(guest.uuid, network_info=api.allocate_for_instance(context, guest, None).plain())
    for number, guest in enumerate(guests):
        answer = ask(lab.metadata_port, f'127.9.0.{number + 3}', '/openstack/latest/meta_data.json')
        assert json.loads(answer.partition('\r\n\r\n')[2])['uuid'] == guest.uuid
    assert ask(lab.metadata_port, '127.0.0.1', '/latest').startswith('HTTP/1.1 404')
    for source, headers, status in (
            ('127.0.0.1', 'X-Forwarded-For: 127.9.0.3\r\n', 404),
            ('127.9.0.3', f'X-Instance-ID: {guests[1].uuid}\r\n', 400),
            ('127.9.0.3', 'X-Tenant-ID: a\r\nX-Tenant-ID: b\r\n', 400)):
        assert ask(lab.metadata_port, source, '/latest', headers).startswith(f'HTTP/1.1 {status}')


def ask(port, source, path, headers=''):
    """Send a request from an address of the loopback; return the whole answer."""
    with socket.create_connection(('127.0.0.1', port), timeout=20, source_address=(source, 0)) as connection:
        connection.sendall(f'GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n'.encode())
        chunks = []
        while chunk := connection.recv(65536):
            chunks.append(chunk)
    return b''.join(chunks).decode()


def test_nova_dhcpbridge_reaches_nova_network(lab, database):
    lab.configure(debug='true')
    lab.start('nova-conductor', 'nova-network')
    for action in ('add', 'old', 'del'):
        done = subprocess.run([services.BIN / 'nova-dhcpbridge', action, 'fa:16:3e:00:00:01', '10.0.0.3', 'vm1'],
                              env={'CONFIG_FILE': str(lab.conf_file()), 'MININOVA_CONCURRENCY': 'threading'},
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
    output = lab.service('nova-network').output
    processes.wait_for(lambda: output().count('lease of 10.0.0.3') == 3, 'word of the lease')


def test_networks_are_made_with_nova_manage(lab, database):
    out = lab.manage('network', 'create', 'private', '--fixed_range_v4', '10.100.0.0/24', '--bridge', 'br100')
    assert 'Created network private' in out
    assert '10.100.0.0/24' in lab.manage('network', 'list')
    assert 'conflicts' in failure(lab, 'network', 'create', 'other', '--cidr', '10.100.0.128/25')
    lab.manage('network', 'delete', 'private')
    assert '10.100.0.0/24' not in lab.manage('network', 'list')


def failure(lab, *words):
    """Run nova-manage, which must fail in one line without a traceback."""
    done = subprocess.run([services.BIN / 'nova-manage', '--config-file', lab.conf_file(), *words], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 1 and 'Traceback' not in done.stderr
    return done.stderr


def test_a_server_has_an_address_as_long_as_it_lives(lab):
    lab.prepare()
    lab.manage('network', 'create', 'private', '--fixed_range_v4', '10.100.0.0/24')
    lab.start('nova-conductor', 'nova-scheduler', 'nova-network', 'nova-compute', 'nova-api')
    lab.make_flavor()
    nova = lab.client
    server = nova.boot('vm1', networks='auto')
    nova.wait_status(server, 'ACTIVE')
    address, = nova.server(server)['addresses']['private']
    assert (address['addr'], address['OS-EXT-IPS:type'], address['version']) == ('10.100.0.3', 'fixed', 4)
    assert lab.verify() == []
    assert server in lab.manage('network', 'addresses')
    nova.delete(f'/servers/{server}')
    nova.wait_gone(server)
    assert '10.100.0' not in lab.manage('network', 'addresses')
    assert lab.verify() == []
