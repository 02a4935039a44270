# SPDX-License-Identifier: Apache-2.0
"""Servers come and go: the main path through every service, and what happens when a step fails."""
from mininova import exception, objects
from mininova.compute import rpcapi as compute_rpcapi
from mininova.conductor import rpcapi as conductor_rpcapi


def test_a_server_becomes_active_and_is_deleted_without_a_trace(whole):
    server = whole.boot('vm1')
    shown = whole.wait(server)
    assert shown['status'] == 'ACTIVE', shown.get('fault')
    assert shown['OS-EXT-SRV-ATTR:host'] == 'cmp1'
    assert shown['OS-EXT-SRV-ATTR:root_device_name'] == '/dev/vda'
    assert shown['OS-EXT-STS:power_state'] == 1
    assert shown['OS-SRV-USG:launched_at']
    assert whole.used() == {'cmp1': 512}
    created = whole.actions(server)['create']
    assert created['events'][0]['result'] == 'Success'
    assert whole.findings() == []

    assert whole.api.delete(f'/servers/{server}').status == 204
    whole.wait_gone(server)
    assert whole.used() == {'cmp1': 0}
    assert whole.hosts['cmp1'].manager.driver.list_instances() == []
    whole.until(lambda: whole.findings() == [])
    assert whole.actions(server)['delete']['events'][0]['result'] == 'Success'


def test_a_server_that_fits_nowhere_says_why(whole):
    shown = whole.wait(whole.boot('big', flavor='huge'))
    assert shown['status'] == 'ERROR'
    assert shown['fault']['message'].startswith('No valid host was found. 0 of 1 hosts fit: 1 RamFilter')
    assert '10000000' in shown['fault']['message']
    assert whole.used() == {'cmp1': 0}


def test_a_failed_build_goes_to_the_next_host_and_is_remembered(whole):
    whole.add_host('cmp2')
    whole.faults('cmp1').add('spawn', 'full', count=0)
    whole.faults('cmp2').add('spawn', 'delay', value='0.01')
    servers = [whole.boot(f'vm{number}') for number in range(4)]
    shown = [whole.wait(server) for server in servers]
    assert {(server['status'], server['OS-EXT-SRV-ATTR:host']) for server in shown} == {('ACTIVE', 'cmp2')}
    attempts = [attempt for server in servers
                for attempt in objects.RequestSpec.get_by_instance_uuid(whole.admin, server).attempts]
    assert {attempt['host'] for attempt in attempts} == {'cmp1'}
    assert whole.used() == {'cmp1': 0, 'cmp2': 4 * 512}
    assert whole.findings() == []


def test_when_every_host_fails_the_fault_names_each(whole):
    whole.add_host('cmp2')
    for host in ('cmp1', 'cmp2'):
        whole.faults(host).add('spawn', 'full', count=0)
    shown = whole.wait(whole.boot('vm1'))
    assert shown['status'] == 'ERROR'
    assert 'cmp1' in shown['fault']['message'] and 'cmp2' in shown['fault']['message']
    assert whole.used() == {'cmp1': 0, 'cmp2': 0}
    assert whole.findings() == []


def test_an_image_that_no_host_could_use_is_not_tried_elsewhere(whole, monkeypatch):
    whole.add_host('cmp2')

    def refuse(*args, **kwargs):
        raise exception.ImageUnacceptable(image_id='x', reason='it is a trap')
    for host in whole.hosts.values():
        monkeypatch.setattr(host.manager.driver, 'spawn', refuse)
    server = whole.boot('vm1')
    shown = whole.wait(server)
    assert shown['status'] == 'ERROR'
    assert shown['fault']['message'] == 'Image x is unacceptable: it is a trap'
    assert objects.RequestSpec.get_by_instance_uuid(whole.admin, server).attempts == []
    assert whole.api.delete(f'/servers/{server}').status == 204
    whole.wait_gone(server)
    assert whole.used() == {'cmp1': 0, 'cmp2': 0}


def test_the_owner_never_reads_what_an_unexpected_error_says(whole, monkeypatch):
    def explode(*args, **kwargs):
        raise OSError('SECRET /etc/x')
    monkeypatch.setattr(whole.hosts['cmp1'].manager.driver, 'spawn', explode)
    server = whole.boot('vm1')
    whole.wait(server)
    owner = whole.api.user('member', 'admin')
    shown = owner.get(f'/servers/{server}', version='2.96').json['server']
    assert 'OSError' in shown['fault']['message']
    assert 'SECRET' not in str(shown)
    assert 'SECRET' in str(whole.show(server)['fault']['details']) or 'SECRET' in str(whole.actions(server))


def test_a_server_is_deleted_while_it_is_being_built(whole):
    whole.faults('cmp1').add('spawn', 'delay', value='1')
    server = whole.boot('vm1')
    whole.until(lambda: whole.show(server)['OS-EXT-STS:task_state'] == 'spawning')
    assert whole.api.delete(f'/servers/{server}').status == 204
    whole.wait_gone(server)
    assert whole.used() == {'cmp1': 0}
    whole.until(lambda: whole.findings() == [])


def test_a_server_whose_first_message_was_lost_is_built_all_the_same(whole, monkeypatch):
    sent = []
    original = conductor_rpcapi.ComputeTaskAPI.build_instances
    monkeypatch.setattr(conductor_rpcapi.ComputeTaskAPI, 'build_instances', lambda *args, **kwargs: sent.append(args))
    server = whole.boot('vm1')
    assert len(sent) == 1
    monkeypatch.setattr(conductor_rpcapi.ComputeTaskAPI, 'build_instances', original)
    assert whole.wait(server)['status'] == 'ACTIVE'


def test_a_server_whose_host_was_never_told_is_built_all_the_same(whole, monkeypatch):
    lost = []
    original = compute_rpcapi.ComputeAPI.build_and_run_instance
    monkeypatch.setattr(compute_rpcapi.ComputeAPI, 'build_and_run_instance', lambda *args, **kwargs: lost.append(args))
    server = whole.boot('vm1')
    whole.until(lambda: lost)
    monkeypatch.setattr(compute_rpcapi.ComputeAPI, 'build_and_run_instance', original)
    assert whole.wait(server)['status'] == 'ACTIVE'


def test_a_build_message_that_comes_again_changes_nothing(whole, monkeypatch):
    kept = []
    original = compute_rpcapi.ComputeAPI.build_and_run_instance

    def keep(self, context, host, **kwargs):
        kept.append((context, host, kwargs))
        original(self, context, host, **kwargs)
    monkeypatch.setattr(compute_rpcapi.ComputeAPI, 'build_and_run_instance', keep)
    server = whole.boot('vm1')
    before = whole.wait(server)
    context, host, kwargs = kept[0]
    for _ in range(3):
        original(compute_rpcapi.ComputeAPI(), context, host, **kwargs)
    whole.wait(whole.boot('another'))
    assert len(whole.hosts['cmp1'].manager.driver.list_instances()) == 2
    assert whole.show(server) == before
    assert whole.findings() == []


def test_a_delete_whose_message_was_lost_is_done_all_the_same(whole, monkeypatch):
    server = whole.boot('vm1')
    whole.wait(server)
    original = compute_rpcapi.ComputeAPI.terminate_instance
    monkeypatch.setattr(compute_rpcapi.ComputeAPI, 'terminate_instance', lambda *args, **kwargs: None)
    assert whole.api.delete(f'/servers/{server}').status == 204
    monkeypatch.setattr(compute_rpcapi.ComputeAPI, 'terminate_instance', original)
    whole.wait_gone(server)
    assert whole.used() == {'cmp1': 0}


def test_a_deletion_that_fails_is_tried_again(whole):
    server = whole.boot('vm1')
    whole.wait(server)
    whole.faults('cmp1').add('destroy', 'fail', count=1)
    assert whole.api.delete(f'/servers/{server}').status == 204
    whole.wait_gone(server)
    assert whole.hosts['cmp1'].manager.driver.list_instances() == []


def test_a_server_of_a_host_that_is_down_is_deleted_and_its_guest_later(whole):
    server = whole.boot('vm1')
    whole.wait(server)
    compute = whole.hosts['cmp1']
    compute.stop()
    whole.services.remove(compute)
    whole.api.put('/os-services/force-down', {'host': 'cmp1', 'binary': 'nova-compute', 'forced_down': True},
                  version='2.11')
    assert whole.api.delete(f'/servers/{server}').status == 204
    whole.wait_gone(server)
    assert whole.used() == {'cmp1': 0}
    assert len(compute.manager.driver.list_instances()) == 1
    whole.api.put('/os-services/force-down', {'host': 'cmp1', 'binary': 'nova-compute', 'forced_down': False},
                  version='2.11')
    whole.add_host('cmp1')
    whole.until(lambda: whole.hosts['cmp1'].manager.driver.list_instances() == [])
    whole.until(lambda: whole.findings() == [])


def test_several_servers_of_one_request_are_all_built(whole):
    answer = whole.api.post('/servers', {'server': {
        'name': 'many', 'flavorRef': '1', 'imageRef': whole.image, 'networks': 'none', 'min_count': 3, 'max_count': 3}},
        version='2.96')
    assert answer.status == 202
    listed = whole.until(lambda: [server for server in whole.api.get('/servers/detail').json['servers']
                                  if server['status'] == 'ACTIVE'] or None)
    whole.until(lambda: len([server for server in whole.api.get('/servers/detail').json['servers']
                             if server['status'] == 'ACTIVE']) == 3)
    assert listed
    assert {server['name'] for server in whole.api.get('/servers/detail').json['servers']} == {'many-1', 'many-2',
                                                                                               'many-3'}
