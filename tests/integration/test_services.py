# SPDX-License-Identifier: Apache-2.0
"""The services as processes over RabbitMQ and MariaDB: they start, work, stop and survive what they depend on."""
import signal
import time

import pytest
import requests

from tests.fixtures import processes, services

pytestmark = pytest.mark.needs('rabbit', 'mariadb')


QUICK = {'interval': 1, 'grace': 2, 'worker_timeout': 6}


@pytest.fixture(scope='module')
def shared(tmp_path_factory, broker, mariadb):
    """The small cloud of the tests that leave it as they found it; its reconcilers are quick."""
    made = services.Lab(tmp_path_factory.mktemp('shared') / 'lab', broker.new_virtual_host(), mariadb.new_database())
    made.configure('reconciler', **QUICK).cloud()
    yield made
    made.stop()


@pytest.fixture
def cloud(shared):
    """The shared cloud: no server is in it, and all its services run, before a test and after it."""
    yield shared
    servers = [server['id'] for server in shared.client.get('/servers')['servers']]
    for server in servers:
        shared.client.delete(f'/servers/{server}')
    for server in servers:
        shared.client.wait_gone(server)
    assert [name for name, service in shared.services.items() if not service.is_running()] == []


@pytest.fixture
def nova(cloud):
    return cloud.client


def boot_many(nova, count, prefix='vm'):
    return [nova.boot(f'{prefix}{number}') for number in range(count)]


def all_active(nova, servers, seconds=60):
    for server in servers:
        nova.wait_status(server, 'ACTIVE', seconds=seconds)


def accepted(nova, function, *arguments, **keywords):
    """Repeat a request until it is accepted, as clients do while a service is away."""
    def attempt():
        try:
            return function(*arguments, **keywords)
        except (requests.ConnectionError, AssertionError):
            return None
    return processes.wait_for(attempt, 'accepted request', 60, interval=0.5)


def test_a_server_comes_and_goes(cloud, nova):
    server = nova.boot('vm1')
    assert nova.wait_status(server, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == 'h1'
    assert cloud.verify() == []
    actions = nova.get(f'/servers/{server}/os-instance-actions')['instanceActions']
    assert [action['action'] for action in actions] == ['create']
    nova.delete(f'/servers/{server}')
    nova.wait_gone(server)
    assert cloud.verify() == []


def test_sigterm_ends_an_idle_service_quickly_and_sighup_leaves_it_alone(lab):
    nova = lab.cloud()
    names = ('nova-api', 'nova-compute', 'nova-network', 'nova-scheduler', 'nova-conductor')
    for name in names:
        lab.service(name).process.send_signal(signal.SIGHUP)
    nova.wait_status(nova.boot(), 'ACTIVE')
    took = {name: lab.service(name).stop() for name in names}
    assert {name: lab.service(name).process.returncode for name in names} == dict.fromkeys(names, 0)
    assert max(took.values()) <= 5, took


def test_sigusr2_writes_a_report(cloud, nova):
    service = cloud.service('nova-compute')
    service.process.send_signal(signal.SIGUSR2)
    processes.wait_for(lambda: 'Green Threads' in service.output(), 'report', 20)
    assert service.is_running()


def test_compute_and_network_need_no_database(lab):
    """Their configuration names none, and they work."""
    lab.prepare()
    lab.start('nova-conductor', 'nova-scheduler', 'nova-api')
    lab.options['database'] = {}
    lab.start('nova-network', 'nova-compute')
    lab.options['database'] = {'connection': lab.database_url}
    lab.make_flavor()
    lab.client.wait_status(lab.client.boot(), 'ACTIVE')


def test_another_schema_is_refused_with_the_command_to_run(lab):
    service = lab.add('nova-conductor').start()
    assert service.exit_status() == 1
    assert 'nova-manage db sync' in service.output()


def test_a_call_to_a_service_that_does_not_listen_yet_is_heard_when_it_does(lab):
    """As after a broker's return.  Waiting for the answer to a message that was dropped would take 20 s."""
    lab.prepare()
    lab.start('nova-conductor', 'nova-network', 'nova-compute', 'nova-api')
    lab.make_flavor()
    server = lab.client.boot()
    time.sleep(3)
    lab.start('nova-scheduler')
    lab.client.wait_status(server, 'ACTIVE', seconds=10)


def test_several_of_each_share_the_work(lab):
    lab.configure('conductor', workers=2).configure('scheduler', workers=2).configure(osapi_compute_workers=2)
    nova = lab.cloud(hosts=('h1', 'h2'))
    servers = boot_many(nova, 20)
    all_active(nova, servers)
    hosts = {nova.server(server)['OS-EXT-SRV-ATTR:host'] for server in servers}
    assert hosts == {'h1', 'h2'}
    assert lab.verify() == []


@pytest.mark.parametrize('name', ['nova-conductor', 'nova-scheduler', 'nova-network', 'nova-compute', 'nova-api'])
def test_nothing_accepted_is_lost_when_a_service_is_killed(cloud, nova, name):
    before = boot_many(nova, 5, 'before')
    cloud.service(name).kill()
    during = boot_many(nova, 5, 'during') if name != 'nova-api' else []
    time.sleep(1)
    cloud.restart(name)
    # A call that the killed conductor had taken is given up after a minute.
    all_active(nova, before + during, seconds=150)
    cloud.wait_clean()
    for server in before + during:
        nova.delete(f'/servers/{server}')
    for server in before + during:
        nova.wait_gone(server)
    cloud.wait_clean()


def test_a_lost_broker_is_survived(lab, broker):
    """What is accepted meanwhile happens when it is back, without a restart of anything."""
    lab.configure('reconciler', **QUICK).configure(service_down_time=60)
    nova = lab.cloud()
    before = boot_many(nova, 5, 'before')
    broker.kill()
    try:
        during = [accepted(nova, nova.boot, f'during{number}') for number in range(3)]
        time.sleep(3)
    finally:
        broker.start()
    back = time.monotonic()
    nova.wait_status(accepted(nova, nova.boot, 'after'), 'ACTIVE', seconds=60)
    recovered = time.monotonic() - back
    all_active(nova, before + during, seconds=90)
    lab.wait_clean()
    assert recovered <= 20, f'the first server after the return took {recovered:.0f} s'


def test_a_service_that_does_not_hear_its_messages_is_shown_as_down(cloud, nova, broker):
    def states():
        return {entry['binary']: entry['state'] for entry in nova.get('/os-services')['services']}
    assert states()['nova-compute'] == 'up'
    broker.kill()
    try:
        processes.wait_for(lambda: states()['nova-compute'] == 'down', 'nova-compute that is down', 60, interval=1)
    finally:
        broker.start()
    processes.wait_for(lambda: set(states().values()) == {'up'}, 'return of all services', 60, interval=1)


def test_a_lost_database_is_survived(cloud, nova, mariadb):
    before = boot_many(nova, 5, 'before')
    mariadb.kill()
    try:
        answer = nova.request('GET', '/servers', timeout=60)
        assert answer.status_code in (500, 503), answer.text
        assert 'pymysql' not in answer.text.lower()
        time.sleep(3)
    finally:
        mariadb.start()
    nova.wait_status(accepted(nova, nova.boot, 'after'), 'ACTIVE', seconds=60)
    all_active(nova, before, seconds=90)
    cloud.wait_clean()
    for server in before:
        nova.delete(f'/servers/{server}')
    for server in before:
        nova.wait_gone(server)


def test_a_build_whose_host_dies_goes_to_another_host(lab):
    lab.configure('reconciler', **QUICK).configure(service_down_time=5, report_interval=1)
    lab.configure_host('h2', 'fake', spawn_delay=300, memory_mb=500000)
    nova = lab.cloud(hosts=('h1', 'h2'))
    server = nova.boot()
    processes.wait_for(lambda: nova.server(server)['OS-EXT-STS:task_state'] == 'spawning', 'spawning')
    lab.service('nova-compute@h2').kill()
    assert nova.wait_status(server, 'ACTIVE', seconds=90)['OS-EXT-SRV-ATTR:host'] == 'h1'
    lab.configure_host('h2', 'fake', spawn_delay=0).conf_file('h2')
    lab.restart('nova-compute@h2')
    lab.wait_clean()


def test_a_server_on_a_dead_host_can_be_deleted(cloud, nova):
    server = nova.boot()
    nova.wait_status(server, 'ACTIVE')
    cloud.service('nova-compute').kill()
    nova.delete(f'/servers/{server}')
    nova.wait_gone(server, 90)
    cloud.restart('nova-compute')
    cloud.wait_clean()


def test_pci_devices_go_from_a_hosts_report_to_a_server_and_along_with_it(lab):
    lab.configure('fake', pci_devices='{"address": "0000:3b:00.0", "vendor_id": "10de", "product_id": "1eb8"}')
    lab.configure('pci', device_spec='{"vendor_id": "10de"}',
                  alias='{"name": "gpu", "vendor_id": "10de", "product_id": "1eb8"}')
    nova = lab.cloud(hosts=('h1', 'h2'))
    lab.make_flavor('gpu', flavor_id='gpu')
    nova.post('/flavors/gpu/os-extra_specs', {'extra_specs': {'pci_passthrough:alias': 'gpu:1'}})
    first = nova.boot('first', flavor='gpu')
    source = nova.wait_status(first, 'ACTIVE')['OS-EXT-SRV-ATTR:host']
    nova.post(f'/servers/{first}/action', {'migrate': None})
    moved = nova.wait_status(first, 'VERIFY_RESIZE')['OS-EXT-SRV-ATTR:host']
    assert {source, moved} == {'h1', 'h2'}
    second = nova.boot('second', flavor='gpu')
    assert 'PciPassthroughFilter' in nova.wait_status(second, 'ERROR')['fault']['message']
    nova.post(f'/servers/{first}/action', {'confirmResize': None})
    nova.wait_status(first, 'ACTIVE')
    third = nova.boot('third', flavor='gpu')
    assert nova.wait_status(third, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == source
    lab.wait_clean()
    for server in (first, second, third):
        nova.delete(f'/servers/{server}')
    for server in (first, second, third):
        nova.wait_gone(server)
    lab.wait_clean()


def test_two_users_see_their_own_servers_only(cloud, nova):
    one, two = (services.client.Client(nova.url, f'{name}:{name}', image=nova.image) for name in ('one', 'two'))
    server = one.boot('mine')
    assert [entry['id'] for entry in one.get('/servers')['servers']] == [server]
    assert two.get('/servers')['servers'] == []
    assert two.request('GET', f'/servers/{server}').status_code == 404
    assert two.request('DELETE', f'/servers/{server}').status_code == 404
