# SPDX-License-Identifier: Apache-2.0
"""resize, migrate, confirmResize and revertResize: what is refused, what is written before the answer."""
import pytest

from mininova import context, objects, rpc
from mininova.compute import state_machine, vm_states
from tests.functional.api.servers.test_quota_race import run_together

BODIES = {'resize': {'resize': {'flavorRef': '2'}}, 'migrate': {'migrate': None},
          'confirm_resize': {'confirmResize': None}, 'revert_resize': {'revertResize': None}}
CLIENTS = {'resize': 'demo', 'migrate': 'api', 'confirm_resize': 'demo', 'revert_resize': 'demo'}


def act(client, uuid, body, version=None):
    return client.post(f'/servers/{uuid}/action', body, version)


def resize(client, uuid, flavor='2', **values):
    return act(client, uuid, {'resize': {'flavorRef': flavor, **values}})


@pytest.fixture
def server(lab, demo, edge):
    lab.host()
    lab.flavor('2', memory_mb=1024, vcpus=2, root_gb=2)
    uuid = lab.server(demo)
    edge.sent.clear()
    return uuid


@pytest.fixture
def client(request, demo, api):
    return {'demo': demo, 'api': api}


def moved(lab, uuid, status='finished'):
    """Write a move of a server that waits for a decision."""
    instance = lab.instance(uuid)
    old, new = instance.flavor, objects.Flavor.get_by_flavor_id(lab.admin, '2')
    values = objects.Migration.pack(lab.admin, instance, 'resize', new)
    id_ = lab.cloud.insert('migrations', **{**values, 'status': status, 'source_compute': 'cmp1',
                                            'dest_compute': 'cmp2'})
    lab.host('cmp2')
    lab.settle(uuid, vm_state=vm_states.RESIZED, host='cmp2', flavor=new, vcpus=max(old.vcpus, new.vcpus))
    return id_


def record(uuid):
    return objects.Migration.get_current(context.get_admin_context(), uuid)


# -- what is accepted -----------------------------------------------------------------------

def test_a_resize_is_written_with_its_move_before_the_answer(server, lab, demo, edge):
    answer = resize(demo, server)
    assert (answer.status, answer.body) == (202, b'')
    message, = edge.sent
    assert message.method == 'migrate_server'
    instance, move = lab.instance(server), record(server)
    assert (instance.task_state, instance.vm_state, instance.flavor.flavorid) == ('resize_prep', 'active', '1')
    assert (instance.vcpus, instance.memory_mb) == (2, 1024)
    assert (move.status, move.migration_type, move.source_compute, move.dest_compute) == (
        'pre-migrating', 'resize', 'cmp1', None)
    assert (move.old_flavor.flavorid, move.new_flavor.flavorid) == ('1', '2')
    assert (move.old_vm_state, move.user_id, move.project_id) == ('active', 'demo', 'demo-project')
    action = lab.actions(server)[0]
    assert (action.action, action.action_id) == ('resize', move.action_id)
    assert demo.get(f'/servers/{server}').json['server']['status'] == 'RESIZE'


@pytest.mark.parametrize(('asked', 'kept'), [('AUTO', True), ('MANUAL', False), (None, False)])
def test_the_disk_config_is_taken_over(server, lab, demo, asked, kept):
    body = {} if asked is None else {'OS-DCF:diskConfig': asked}
    assert resize(demo, server, **body).status == 202
    assert lab.instance(server).auto_disk_config is kept


def test_a_flavor_may_be_named_by_its_link(server, demo):
    assert resize(demo, server, 'http://cloud.example.org/v2.1/flavors/2').status == 202


@pytest.mark.parametrize(('version', 'body', 'host'), [
    ('2.1', None, None), ('2.55', {'host': 'cmp2'}, None), ('2.56', None, None), ('2.56', {}, None),
    ('2.56', {'host': None}, None), ('2.56', {'host': 'cmp2'}, 'cmp2')])
def test_a_migration_names_a_host_from_2_56_on(server, lab, api, edge, version, body, host):
    lab.host('cmp2')
    assert act(api, server, {'migrate': body}, version).status == 202
    action = lab.actions(server)[0]
    assert (action.action, action.arguments) == ('migrate', {'host': host})
    move = record(server)
    assert (move.migration_type, move.old_flavor.flavorid, move.new_flavor.flavorid) == ('migration', '1', '1')
    assert edge.methods == ['migrate_server']


def test_a_confirmation_goes_to_the_old_host(server, lab, demo, edge):
    moved(lab, server)
    answer = act(demo, server, BODIES['confirm_resize'])
    assert (answer.status, answer.body) == (204, b'')
    message, = edge.sent
    assert (message.method, message.server) == ('confirm_resize', 'cmp1')
    assert (record(server).status, lab.instance(server).task_state) == ('confirming', 'resize_confirming')
    shown = demo.get(f'/servers/{server}').json['server']
    assert shown['status'] == 'VERIFY_RESIZE'
    assert lab.actions(server)[0].action == 'confirmResize'


def test_a_confirmation_whose_old_host_is_down_goes_to_conductor(server, lab, demo, edge, api):
    moved(lab, server)
    api.put('/os-services/force-down', {'host': 'cmp1', 'binary': 'nova-compute', 'forced_down': True}, version='2.11')
    assert act(demo, server, BODIES['confirm_resize']).status == 204
    assert edge.sent[-1].method == 'confirm_resize' and edge.sent[-1].server is None


def test_a_revert_goes_to_the_new_host(server, lab, demo, edge):
    moved(lab, server)
    answer = act(demo, server, BODIES['revert_resize'])
    assert (answer.status, answer.body) == (202, b'')
    message, = edge.sent
    assert (message.method, message.server) == ('revert_resize', 'cmp2')
    assert record(server).status == 'reverting'
    assert demo.get(f'/servers/{server}').json['server']['status'] == 'REVERT_RESIZE'
    assert lab.actions(server)[0].action == 'revertResize'


@pytest.mark.parametrize(('name', 'task'), [('confirm_resize', 'resize_reverting'),
                                            ('revert_resize', 'resize_confirming')])
def test_who_decides_too_late_is_told_what_was_decided(server, lab, demo, edge, monkeypatch, name, task):
    moved(lab, server)
    real = objects.Migration.get_current

    def find(*args, **kwargs):
        found = real(*args, **kwargs)
        lab.settle(server, task_state=task)
        found.status = 'gone'
        found.save()
        return real(*args, **kwargs)
    monkeypatch.setattr(objects.Migration, 'get_current', find)
    answer = act(demo, server, BODIES[name])
    assert answer.status == 409 and f'task_state {task}' in answer.fault[1]
    assert edge.sent == [] and len(lab.actions(server)) == 1


def test_without_a_bus_all_is_accepted_all_the_same(server, lab, demo, edge):
    edge.broken = rpc.MessagingException('nobody there')
    assert resize(demo, server).status == 202
    assert lab.instance(server).task_state == 'resize_prep'


# -- what is refused -------------------------------------------------------------------------

@pytest.mark.parametrize(('flavor', 'text'), [
    ({'flavorid': '1'}, 'When resizing, instances must change flavor!'),
    ({'flavorid': 'none'}, 'Flavor none could not be found.'),
    ({'flavorid': '3', 'disabled': True}, 'Flavor 3 could not be found.'),
    ({'flavorid': '3', 'is_public': False}, 'Flavor 3 could not be found.'),
    ({'flavorid': '3', 'root_gb': 0},
     'Server disk was unable to be resized because: Resize to zero disk flavor is not allowed.'),
    ({'flavorid': '3', 'root_gb': 1, 'base': 2},
     'Server disk was unable to be resized because: Cannot resize a disk smaller: the root disk has 2 GB, '
     'the flavor 1 GB.'),
    ({'flavorid': '3', 'ephemeral_gb': 0, 'base_ephemeral': 1},
     'Server disk was unable to be resized because: Cannot resize a disk smaller: the ephemeral disk has 1 GB, '
     'the flavor 0 GB.'),
])
def test_a_flavor_that_will_not_do(server, lab, demo, edge, flavor, text):
    flavor = dict(flavor)
    sizes = {'root_gb': flavor.pop('base', 1), 'ephemeral_gb': flavor.pop('base_ephemeral', 0)}
    if flavor['flavorid'] == '3':
        lab.flavor(**flavor)
    current = lab.instance(server).flavor
    for name, value in sizes.items():
        setattr(current, name, value)
    lab.settle(server, flavor=current)
    answer = resize(demo, server, flavor['flavorid'])
    assert (answer.status, answer.fault) == (400, ('badRequest', text))
    assert edge.sent == [] and lab.instance(server).task_state is None
    assert len(lab.actions(server)) == 1


@pytest.mark.parametrize(('image', 'text'), [
    ({'image_min_ram': '2048'}, "Flavor's memory is too small for requested image."),
    ({'image_min_disk': '5'}, "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor "
                              'disk is 2147483648 bytes, minimum size is 5368709120 bytes.'),
    ({'image_size': str(3 << 30)}, "Flavor's disk is too small for requested image. Flavor disk is 2147483648 bytes, "
                                   'image is 3221225472 bytes.'),
])
def test_a_flavor_too_small_for_the_image(server, lab, demo, image, text):
    lab.settle(server, system_metadata={**lab.instance(server).system_metadata, **image})
    assert resize(demo, server).fault == ('badRequest', text)


def test_an_image_may_forbid_automatic_disk_config(server, lab, demo):
    metadata = {**lab.instance(server).system_metadata, 'image_auto_disk_config': 'Disabled'}
    lab.settle(server, system_metadata=metadata)
    answer = resize(demo, server, **{'OS-DCF:diskConfig': 'AUTO'})
    assert answer.status == 400 and 'has automatic disk resize disabled' in answer.fault[1]
    assert resize(demo, server, **{'OS-DCF:diskConfig': 'MANUAL'}).status == 202


@pytest.mark.parametrize('body', [
    {'resize': None}, {'resize': {}}, {'resize': {'flavorRef': ''}}, {'resize': {'flavorRef': None}},
    {'resize': {'flavorRef': '2', 'more': 1}}, {'resize': {'flavorRef': '2', 'OS-DCF:diskConfig': 'auto'}},
    {'confirmResize': None, 'revertResize': None}])
def test_bodies_that_are_no_request(server, demo, edge, body):
    assert act(demo, server, body).status == 400
    assert edge.sent == []


@pytest.mark.parametrize('body', [{'migrate': {'host': ''}}, {'migrate': {'host': 'a b'}}, {'migrate': {'force': True}},
                                  {'migrate': 'cmp2'}, {'migrate': []}])
def test_migrations_that_are_no_request(server, api, edge, body):
    assert act(api, server, body, '2.56').status == 400
    assert edge.sent == []


def test_a_host_that_is_none_or_the_servers_own(server, lab, api, edge):
    assert act(api, server, {'migrate': {'host': 'nowhere'}}, '2.56').fault == (
        'badRequest', 'Compute host nowhere could not be found.')
    assert act(api, server, {'migrate': {'host': 'cmp1'}}, '2.56').fault == (
        'badRequest', 'Cannot migrate to the host where the server exists.')
    assert edge.sent == [] and lab.instance(server).task_state is None


def test_only_managers_migrate_and_only_administrators_name_a_host(server, demo, api, lab):
    lab.host('cmp2')
    assert act(demo, server, {'migrate': None}).status == 403
    assert act(demo, server, {'migrate': {'host': 'cmp2'}}, '2.56').status == 403
    assert act(api, server, {'migrate': {'host': 'cmp2'}}, '2.56').status == 202


@pytest.mark.parametrize('name', ['confirm_resize', 'revert_resize'])
def test_nothing_to_decide_on(server, lab, demo, edge, name):
    lab.settle(server, vm_state=vm_states.RESIZED)
    assert act(demo, server, BODIES[name]).fault == ('badRequest', 'Instance has not been resized.')
    moved(lab, server, status='confirmed')
    assert act(demo, server, BODIES[name]).status == 400
    assert edge.sent == [] and lab.instance(server).task_state is None


@pytest.mark.parametrize('name', BODIES)
def test_the_table_decides_in_which_state(server, lab, client, name):
    word = state_machine.METHOD_NAMES.get(name, name)
    for vm_state in [state for state in vm_states.ALL if state != 'deleted']:
        moved(lab, server) if vm_state == vm_states.RESIZED else None
        lab.settle(server, vm_state=vm_state, task_state=None)
        answer = act(client[CLIENTS[name]], server, BODIES[name])
        if vm_state in state_machine.ACTIONS[name].vm_states:
            assert answer.status in (202, 204), (vm_state, answer.body)
            lab.cloud.execute(objects.migration.db.TABLE.delete())
            lab.settle(server, flavor=objects.Flavor.get_by_flavor_id(lab.admin, '1'), host='cmp1')
        else:
            assert answer.fault == (
                'conflictingRequest', f"Cannot '{word}' instance {server} while it is in vm_state {vm_state}")


@pytest.mark.parametrize('name', BODIES)
def test_locked_busy_foreign_unknown_and_hostless_servers(server, lab, demo, api, edge, name):
    lab.settle(server, vm_state=sorted(state_machine.ACTIONS[name].vm_states)[0], locked=True, locked_by='admin')
    if CLIENTS[name] == 'demo':
        assert act(demo, server, BODIES[name]).fault[1] == f'Instance {server} is locked'
    lab.settle(server, locked=False, task_state='rebooting')
    assert act(api, server, BODIES[name]).status == 409
    assert act(api.user('stranger'), server, BODIES[name]).status == 404
    assert act(api, '9a3c4e3f-0000-4000-8000-000000000000', BODIES[name]).status == 404
    lab.settle(server, task_state=None, host=None)
    assert act(api, server, BODIES[name]).fault == ('conflictingRequest', f'Instance {server} is not ready')
    assert edge.sent == []


@pytest.mark.parametrize('name', ['resize', 'migrate'])
def test_a_server_whose_host_is_down(server, lab, client, api, edge, name):
    api.put('/os-services/force-down', {'host': 'cmp1', 'binary': 'nova-compute', 'forced_down': True}, version='2.11')
    assert act(client[CLIENTS[name]], server, BODIES[name]).status == 409
    assert edge.sent == [] and lab.instance(server).task_state is None


# -- quota ----------------------------------------------------------------------------------------

def usage(client):
    found = client.get('/limits').json['limits']['absolute']
    return found['totalCoresUsed'], found['totalRAMUsed']


def test_more_than_the_quota_leaves_has_no_effect(server, lab, demo, edge, conf):
    conf.config(group='quota', cores=1)
    assert resize(demo, server).fault == (
        'forbidden', 'Quota exceeded for cores: Requested 1, but already used 1 of 1 cores')
    conf.config(group='quota', cores=2, ram=1000)
    assert resize(demo, server).fault == (
        'forbidden', 'Quota exceeded for ram: Requested 512, but already used 512 of 1000 ram')
    assert edge.sent == [] and lab.instance(server).task_state is None and usage(demo) == (1, 512)
    conf.config(group='quota', ram=1024)
    assert resize(demo, server).status == 202
    assert usage(demo) == (2, 1024)


def test_a_smaller_flavor_counts_as_the_larger_until_it_is_decided(lab, demo, edge, conf):
    lab.host()
    lab.flavor('2', memory_mb=1024, vcpus=2)
    uuid = lab.server(demo, flavorRef='2')
    conf.config(group='quota', cores=2, ram=1024)
    assert resize(demo, uuid, '1').status == 202
    assert usage(demo) == (2, 1024)
    assert lab.boot(demo).status == 403


def test_of_many_resizes_at_once_only_those_succeed_that_fit(lab, demo, edge, conf):
    lab.host()
    lab.flavor('2', memory_mb=1024, vcpus=2, root_gb=2)
    servers = [lab.server(demo) for _ in range(8)]
    conf.config(group='quota', cores=11, ram=-1)
    answers = run_together([lambda uuid=uuid: resize(demo, uuid) for uuid in servers])
    assert sorted(answer.status for answer in answers) == [202] * 3 + [403] * 5
    assert usage(demo)[0] == 11


def test_of_many_requests_for_one_server_one_is_accepted(server, lab, demo, edge):
    answers = run_together([lambda: resize(demo, server)] * 6)
    assert sorted(answer.status for answer in answers) == [202] + [409] * 5
    assert len(objects.MigrationList.get_by_filters(lab.admin, {'instance_uuid': server})) == 1


def test_of_confirm_and_revert_at_once_one_is_accepted(server, lab, demo, edge):
    moved(lab, server)
    answers = run_together([lambda body=body: act(demo, server, body) for body in (
        BODIES['confirm_resize'], BODIES['revert_resize']) * 3])
    assert sum(answer.status in (202, 204) for answer in answers) == 1
    assert {answer.status for answer in answers} <= {202, 204, 400, 409}
    assert record(server).status in ('confirming', 'reverting')
