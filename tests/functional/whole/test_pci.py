# SPDX-License-Identifier: Apache-2.0
"""PCI devices of hosts given to servers, on fake hosts that pretend to have them."""
import json
import logging

import pytest

from mininova import exception, objects
from mininova.compute import resource_tracker
from mininova.db import claims, pci
from mininova.image import local
from mininova.objects import migration as migrations

GPU = {'vendor_id': '10de', 'product_id': '1eb8'}
PF, VF = {'vendor_id': '8086', 'product_id': '1572'}, {'vendor_id': '8086', 'product_id': '154c'}
GPUS = ['0000:3b:00.0', '0000:3b:01.0']
CARD, FUNCTIONS = '0000:81:00.0', ['0000:81:01.0', '0000:81:01.1']
HOSTS = ('cmp1', 'cmp2')
LIVE = {'os-migrateLive': {'host': None, 'block_migration': 'auto'}}


@pytest.fixture
def cards(whole):
    """Two hosts, each with two graphics cards, a network card with two virtual functions, and one that guests may not
    have."""
    whole.cloud.conf(group='fake', pci_devices=[
        json.dumps({**GPU, 'address': '0000:3b:00.0', 'numa_node': 0, 'count': 2}),
        json.dumps({**PF, 'address': '0000:81:00.0', 'numa_node': 1, 'vfs': 2, 'vf_product_id': '154c'}),
        json.dumps({**GPU, 'address': '0000:01:00.0'})])
    whole.cloud.conf(group='pci', device_spec=[json.dumps([{**GPU, 'address': '0000:3b:*.*'}, {'vendor_id': '8086'}])],
                     alias=[json.dumps({'name': 'gpu', **GPU}),
                            json.dumps({'name': 'card', **PF, 'device_type': 'type-PF'}),
                            json.dumps({'name': 'function', **VF, 'device_type': 'type-VF'})])
    whole.hosts['cmp1'].manager.tracker.update_available_resource(whole.admin)
    whole.add_host('cmp2')
    return whole


def make_flavor(whole, alias, flavorid=None, **specs):
    flavorid = flavorid or alias.translate(str.maketrans(':,', '--'))
    whole.api.post('/flavors', {'flavor': {'name': f'p{flavorid}', 'ram': 64, 'vcpus': 1, 'disk': 1, 'id': flavorid}})
    answer = whole.api.post(f'/flavors/{flavorid}/os-extra_specs', {'extra_specs': {
        'pci_passthrough:alias': alias, **specs}}, version='2.86')
    assert answer.status == 200, answer.body
    return flavorid


def has(whole, server):
    """Return the addresses of a server's devices, after comparing record, guest and claim."""
    instance = objects.Instance.get_by_uuid(whole.admin, server)
    guest = whole.hosts[instance.host].manager.driver.host.guests[server]
    assert guest.pci_devices == instance.pci_devices
    node, = objects.ComputeNodeList.get_all(whole.admin, host=instance.host)
    held = objects.AllocationList.get_hardware(whole.admin, server, node.id)['pci_devices']
    assert held == instance.pci_devices
    return [device['address'] for device in held or ()]


def table(whole, status):
    """Return {host: addresses of its devices with some status}; the accounts must agree."""
    assert claims.audit() == ([], [])
    return {node.host: [row['address'] for row in pci.list_by_node(node.id) if row['status'] == status]
            for node in objects.ComputeNodeList.get_all(whole.admin)}


def taken(whole):
    return table(whole, 'allocated')


def fault(whole, server):
    return whole.show(server)['fault']['message']


def delete(whole, *servers):
    for server in servers:
        whole.api.delete(f'/servers/{server}')
    for server in servers:
        whole.wait_gone(server)


# -- filling hosts ------------------------------------------------------------------------------


def test_devices_are_given_away_exactly_and_the_next_one_is_told_why(cards):
    flavor = make_flavor(cards, 'gpu:1')
    servers = [cards.start_server(flavor) for _ in range(4)]
    assert taken(cards) == dict.fromkeys(HOSTS, GPUS)
    assert sorted((cards.place(server), *has(cards, server)) for server in servers) == [
        (host, address) for host in HOSTS for address in GPUS]
    lost = cards.boot(flavor=flavor)
    assert cards.wait(lost)['status'] == 'ERROR'
    assert fault(cards, lost) == (
        'No valid host was found. 0 of 2 hosts fit: 2 PciPassthroughFilter (cmp1 comes nearest: needs 1 PCI devices of '
        'alias gpu (10de:1eb8), has 0 free).')
    gone, before = servers[0], has(cards, servers[0])
    host = cards.place(gone)
    delete(cards, gone)
    new = cards.start_server(flavor)
    assert (cards.place(new), has(cards, new)) == (host, before)
    assert cards.findings() == []
    delete(cards, new, lost, *servers[1:])
    assert taken(cards) == {'cmp1': [], 'cmp2': []}


def test_many_creates_at_once_get_what_there_is_and_no_more(cards):
    flavor = make_flavor(cards, 'gpu:1')
    servers = [cards.boot(name=f'r{number}', flavor=flavor) for number in range(10)]
    settled = [cards.wait(server, seconds=30)['status'] for server in servers]
    assert sorted(settled) == ['ACTIVE'] * 4 + ['ERROR'] * 6
    assert taken(cards) == dict.fromkeys(HOSTS, GPUS)
    cards.until(lambda: cards.findings() == [])


def test_several_servers_of_one_request_get_devices_of_their_own(cards):
    flavor = make_flavor(cards, 'gpu:2')
    body = {'name': 'many', 'flavorRef': flavor, 'imageRef': cards.image, 'networks': 'none', 'min_count': 2}
    assert cards.api.post('/servers', {'server': body}, version='2.96').status == 202
    servers = [server['id'] for server in cards.api.get('/servers').json['servers']]
    assert [cards.wait(server)['status'] for server in servers] == ['ACTIVE'] * 2
    assert [has(cards, server) for server in servers] == [GPUS, GPUS]


def test_a_server_may_want_devices_of_several_kinds(cards):
    server = cards.start_server(make_flavor(cards, 'gpu:1,function:2'))
    assert has(cards, server) == [GPUS[0], *FUNCTIONS]
    names = {device['address']: (device['alias_name'], device['dev_type'])
             for device in objects.Instance.get_by_uuid(cards.admin, server).pci_devices}
    assert names[FUNCTIONS[0]] == ('function', 'type-VF') and names[GPUS[0]] == ('gpu', 'type-PCI')


def test_a_card_and_its_functions_rule_each_other_out(cards):
    card, function = make_flavor(cards, 'card:1'), make_flavor(cards, 'function:1')
    whole = cards.start_server(card, availability_zone='nova:cmp1')
    split = cards.start_server(function, availability_zone='nova:cmp2')
    assert table(cards, 'unavailable') == {'cmp1': FUNCTIONS, 'cmp2': [CARD]}
    assert (has(cards, whole), has(cards, split)) == ([CARD], [FUNCTIONS[0]])
    for flavor, host in ((card, 'cmp2'), (function, 'cmp1')):
        lost = cards.boot(flavor=flavor, availability_zone=f'nova:{host}')
        cards.wait(lost, 'ERROR')
        assert 'has 0 free' in fault(cards, lost)
    delete(cards, whole, split)
    assert table(cards, 'unavailable') == {'cmp1': [], 'cmp2': []}
    assert len(table(cards, 'available')['cmp1']) == 5


def test_a_server_without_devices_goes_where_there_are_fewest(cards):
    cards.start_server(make_flavor(cards, 'gpu:2'), availability_zone='nova:cmp1')
    cards.cloud.conf(group='filter_scheduler', pci_weight_multiplier=100.0)
    assert cards.place(cards.start_server('1')) == 'cmp1'


def test_servers_show_nothing_of_it(cards):
    """Nova's API has no field for it."""
    server = cards.start_server(make_flavor(cards, 'gpu:1'))
    assert not any('pci' in name for name in cards.show(server))
    shown = cards.api.get('/os-hypervisors/detail', version='2.88').json['hypervisors'][0]
    assert not any('pci' in name for name in shown)


# -- moves ------------------------------------------------------------------------------------------


@pytest.fixture
def server(cards):
    """A server on cmp1 with the first graphics card; that of cmp2 is somebody else's."""
    flavor = make_flavor(cards, 'gpu:1')
    cards.start_server(flavor, availability_zone='nova:cmp2')
    return cards.start_server(flavor, availability_zone='nova:cmp1')


def test_a_server_with_devices_does_not_move_live(cards, server):
    before, reason = taken(cards), 'PCI devices of its flavor'
    answer = cards.act(server, {'os-migrateLive': {'host': None, 'block_migration': False, 'disk_over_commit': False}},
                       version='2.24')
    assert answer.status == 400 and reason in answer.fault[1]
    assert cards.act(server, LIVE, version='2.34').status == 202
    cards.until(lambda: cards.show(server)['OS-EXT-STS:task_state'] is None)
    assert (cards.place(server), taken(cards)) == ('cmp1', before)
    event = cards.actions(server)['live-migration']['events'][-1]
    assert event['result'] == 'Error' and reason in event['details']
    assert has(cards, server) == [GPUS[0]]


@pytest.fixture
def movable(cards):
    """A server on cmp1 with the first of two movable devices; the first one of cmp2 is somebody else's."""
    cards.cloud.conf(group='pci', device_spec=[json.dumps({**GPU, 'address': '0000:3b:*.*', 'live_migratable': 'yes'})],
                     alias=[json.dumps({'name': 'movable', **GPU, 'live_migratable': 'yes'}),
                            json.dumps({'name': 'fixed', **GPU, 'live_migratable': 'no'})])
    for host in HOSTS:
        cards.hosts[host].manager.tracker.update_available_resource(cards.admin)
    flavor = make_flavor(cards, 'movable:1')
    cards.start_server(flavor, availability_zone='nova:cmp2')
    return cards.start_server(flavor, availability_zone='nova:cmp1')


def test_a_server_with_movable_devices_moves_live_to_others(cards, movable):
    assert cards.act(movable, LIVE, version='2.34').status == 202
    cards.until(lambda: cards.place(movable) == 'cmp2' and cards.show(movable)['OS-EXT-STS:task_state'] is None)
    assert has(cards, movable) == [GPUS[1]]
    cards.until(lambda: taken(cards) == {'cmp1': [], 'cmp2': GPUS} and cards.findings() == [])
    lost = cards.boot(flavor=make_flavor(cards, 'fixed:1'))
    cards.wait(lost, 'ERROR')
    assert 'of alias fixed' in fault(cards, lost)


def test_a_live_migration_that_fails_leaves_the_devices_as_they_were(cards, movable):
    before = taken(cards)
    cards.faults('cmp1').add('live_migration', 'fail')
    cards.act(movable, LIVE, version='2.34')
    cards.until(lambda: cards.show(movable)['OS-EXT-STS:task_state'] is None)
    assert (cards.place(movable), has(cards, movable)) == ('cmp1', [GPUS[0]])
    cards.until(lambda: taken(cards) == before and cards.findings() == [])


@pytest.mark.parametrize('move', ['migrate', 'resize'])
def test_a_moved_server_has_both_until_it_is_decided(cards, server, move):
    bigger = make_flavor(cards, 'function:2')
    body = {'migrate': None} if move == 'migrate' else {'resize': {'flavorRef': bigger}}
    there = [GPUS[1]] if move == 'migrate' else FUNCTIONS
    for decision, host in (('revertResize', 'cmp1'), ('confirmResize', 'cmp2')):
        assert cards.act(server, body).status == 202
        assert cards.wait(server, 'VERIFY_RESIZE')['OS-EXT-SRV-ATTR:host'] == 'cmp2'
        assert has(cards, server) == there
        assert taken(cards) == {'cmp1': [GPUS[0]], 'cmp2': [GPUS[0], *there]}
        cards.act(server, {decision: None})
        assert cards.wait(server, 'ACTIVE')['OS-EXT-SRV-ATTR:host'] == host
        if decision == 'revertResize':
            assert has(cards, server) == [GPUS[0]]
            cards.until(lambda: taken(cards) == {'cmp1': [GPUS[0]], 'cmp2': [GPUS[0]]})
            spec = objects.RequestSpec.get_by_instance_uuid(cards.admin, server)
            assert [request['alias_name'] for request in spec.pci_requests] == ['gpu']
    cards.until(lambda: taken(cards) == {'cmp1': [], 'cmp2': [GPUS[0], *there]} and cards.findings() == [])
    spec = objects.RequestSpec.get_by_instance_uuid(cards.admin, server)
    assert [request['alias_name'] for request in spec.pci_requests] == ['gpu' if move == 'migrate' else 'function']


def test_a_server_resized_to_no_devices_gives_them_back(cards, server):
    cards.api.post('/flavors', {'flavor': {'name': 'none', 'ram': 64, 'vcpus': 1, 'disk': 1, 'id': 'none'}})
    cards.act(server, {'resize': {'flavorRef': 'none'}})
    cards.wait(server, 'VERIFY_RESIZE')
    assert has(cards, server) == []
    cards.act(server, {'confirmResize': None})
    cards.wait(server, 'ACTIVE')
    cards.until(lambda: taken(cards)['cmp1'] == [] and cards.findings() == [])
    assert objects.Instance.get_by_uuid(cards.admin, server).pci_requests is None
    # From now on it moves like others.
    assert cards.act(server, LIVE, version='2.34').status == 202
    cards.until(lambda: cards.place(server) == 'cmp1')


def test_a_resize_on_the_same_host_changes_devices_and_goes_back(cards, server):
    cards.cloud.conf(allow_resize_to_same_host=True)
    cards.api.put(f'/os-services/{service_of(cards, "cmp2")}', {'status': 'disabled'}, version='2.53')
    other = make_flavor(cards, 'gpu:1', 'other')
    for decision, after in (('revertResize', GPUS[0]), ('confirmResize', GPUS[1])):
        cards.act(server, {'resize': {'flavorRef': other}})
        assert cards.wait(server, 'VERIFY_RESIZE')['OS-EXT-SRV-ATTR:host'] == 'cmp1'
        assert (has(cards, server), taken(cards)['cmp1']) == ([GPUS[1]], GPUS)
        cards.act(server, {decision: None})
        cards.wait(server, 'ACTIVE')
        assert has(cards, server) == [after]
        cards.until(lambda after=after: taken(cards)['cmp1'] == [after])
    cards.until(lambda: cards.findings() == [])


def service_of(whole, host):
    listed = whole.api.get(f'/os-services?host={host}&binary=nova-compute', version='2.53').json['services']
    return listed[0]['id']


def test_a_failed_resize_leaves_the_devices_as_they_were(cards, server):
    before = taken(cards)
    cards.faults('cmp1').add('migrate_disk_and_power_off.copy', 'fail')
    cards.act(server, {'resize': {'flavorRef': make_flavor(cards, 'function:1')}})
    cards.until(lambda: cards.show(server)['OS-EXT-STS:task_state'] is None)
    assert has(cards, server) == [GPUS[0]]
    cards.until(lambda: taken(cards) == before)
    cards.act(server, {'reboot': {'type': 'HARD'}})
    cards.wait(server, 'ACTIVE')
    assert has(cards, server) == [GPUS[0]] and cards.findings() == []


def test_a_shelved_server_gives_its_devices_back_and_gets_others(cards, server):
    cards.act(server, {'shelve': None})
    cards.wait(server, 'SHELVED_OFFLOADED')
    assert taken(cards)['cmp1'] == []
    assert objects.Instance.get_by_uuid(cards.admin, server).pci_devices is None
    cards.start_server(make_flavor(cards, 'gpu:2'), availability_zone='nova:cmp1')
    cards.act(server, {'unshelve': None}, version='2.1')
    cards.wait(server, 'ACTIVE')
    assert (cards.place(server), has(cards, server)) == ('cmp2', [GPUS[1]])
    cards.until(lambda: cards.findings() == [])
    cards.act(server, {'shelve': None})
    cards.wait(server, 'SHELVED_OFFLOADED')
    cards.start_server('gpu-1', availability_zone='nova:cmp2')
    cards.act(server, {'unshelve': None}, version='2.1')
    cards.until(lambda: cards.show(server)['OS-EXT-STS:task_state'] is None)
    assert cards.show(server)['status'] == 'SHELVED_OFFLOADED'


def test_an_evacuated_server_gets_devices_of_its_new_host(cards, server):
    cards.hosts['cmp1'].stop()
    cards.services.remove(cards.hosts['cmp1'])
    cards.api.put(f'/os-services/{service_of(cards, "cmp1")}', {'forced_down': True}, version='2.53')
    assert cards.act(server, {'evacuate': {}}, version='2.68').status == 200
    cards.until(lambda: cards.place(server) == 'cmp2' and cards.show(server)['status'] == 'ACTIVE')
    assert has(cards, server) == [GPUS[1]]
    record = objects.Migration.get_current(cards.admin, server)
    assert record.migration_type == migrations.EVACUATION


def test_a_build_that_failed_here_gets_devices_there(cards):
    cards.faults('cmp1').add('spawn', 'fail')
    cards.faults('cmp2').add('spawn', 'delay', 1, 0)
    server = cards.start_server(make_flavor(cards, 'gpu:2'))
    assert has(cards, server) == GPUS
    assert sorted(map(len, taken(cards).values())) == [0, 2]


def test_a_build_that_failed_everywhere_holds_nothing(cards):
    for host in HOSTS:
        cards.faults(host).add('spawn', 'fail')
    server = cards.boot(flavor=make_flavor(cards, 'gpu:1'))
    assert cards.wait(server)['status'] == 'ERROR'
    assert taken(cards) == {'cmp1': [], 'cmp2': []}
    assert objects.Instance.get_by_uuid(cards.admin, server).pci_devices is None


# -- what becomes of the hosts' devices ---------------------------------------------------------------


def test_a_device_that_is_gone_is_kept_as_long_as_a_server_has_it(cards, server, caplog):
    tracker = cards.hosts['cmp1'].manager.tracker
    cards.cloud.conf(group='fake', pci_devices=[json.dumps({**GPU, 'address': GPUS[1], 'numa_node': 1})])
    with caplog.at_level(logging.WARNING, 'mininova.compute.resource_tracker'):
        tracker.update_available_resource(cards.admin)
        tracker.update_available_resource(cards.admin)
    warning, = (record.getMessage() for record in caplog.records if GPUS[0] in record.getMessage())
    assert server in warning
    assert (taken(cards)['cmp1'], table(cards, 'available')['cmp1']) == ([GPUS[0]], [GPUS[1]])
    delete(cards, server)
    assert (taken(cards)['cmp1'], table(cards, 'available')['cmp1']) == ([], [GPUS[1]])


def test_device_spec_may_be_narrowed_and_widened(cards, server):
    tracker = cards.hosts['cmp1'].manager.tracker
    cards.cloud.conf(group='pci', device_spec=[])
    tracker.update_available_resource(cards.admin)
    assert (taken(cards)['cmp1'], table(cards, 'available')['cmp1']) == ([GPUS[0]], [])
    cards.cloud.conf(group='pci', device_spec=['{"vendor_id": "10de"}'])
    tracker.update_available_resource(cards.admin)
    delete(cards, server)
    assert table(cards, 'available')['cmp1'] == ['0000:01:00.0', *GPUS]


def test_a_service_that_is_deleted_takes_its_devices_along(cards):
    node, = objects.ComputeNodeList.get_all(cards.admin, host='cmp2')
    assert pci.list_by_node(node.id)
    cards.hosts['cmp2'].stop()
    cards.services.remove(cards.hosts['cmp2'])
    assert cards.api.delete(f'/os-services/{service_of(cards, "cmp2")}', version='2.53').status == 204
    assert pci.list_by_node(node.id) == []


def test_verify_tells_of_a_server_that_has_other_devices_than_its_claim(cards, server):
    assert cards.findings() == []
    instance = objects.Instance.get_by_uuid(cards.admin, server)
    instance.pci_devices = []
    instance.save()
    finding, = cards.findings()
    assert server in finding and 'other PCI devices than its claim' in finding


def test_a_host_with_a_bad_device_spec_does_not_start(cards):
    cards.cloud.conf(group='pci', device_spec=['{"address": "0000:3b:00.9"}'])
    tracker = resource_tracker.ResourceTracker('cmp1', cards.hosts['cmp1'].manager.driver)
    with pytest.raises(exception.PciConfigInvalidSpec, match='0000:3b:00.9'):
        tracker.update_available_resource(cards.admin)


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(('value', 'text'), [
    ('nothing:1', 'PCI alias nothing is not defined'), ('gpu:0', "Invalid PCI request 'gpu:0'"),
    ('gpu', "Invalid PCI request 'gpu'"), ('gpu:1,,', 'Invalid PCI request'), ('gpu:-1', 'Invalid PCI request')])
def test_a_flavor_that_asks_for_what_there_is_not_is_refused_at_once(cards, server, value, text):
    cards.api.post('/flavors', {'flavor': {'name': 'bad', 'ram': 64, 'vcpus': 1, 'disk': 1, 'id': 'bad'}})
    cards.api.post('/flavors/bad/os-extra_specs', {'extra_specs': {'pci_passthrough:alias': value}}, version='2.85')
    answer = cards.api.post('/servers', {'server': {'name': 'no', 'flavorRef': 'bad', 'imageRef': cards.image,
                                                    'networks': 'none'}}, version='2.96')
    assert answer.fault[0] == 'badRequest' and text in answer.fault[1]
    answer = cards.act(server, {'resize': {'flavorRef': 'bad'}})
    assert answer.fault[0] == 'badRequest' and text in answer.fault[1]
    assert has(cards, server) == [GPUS[0]]


def test_flavor_and_image_must_not_contradict_each_other(cards):
    image = local.LocalBackend().create(cards.admin, {
        'name': 'required', 'properties': {'hw_pci_numa_affinity_policy': 'required'}}, data=b'\0' * 4096)['id']
    flavor = make_flavor(cards, 'gpu:1', **{'hw:pci_numa_affinity_policy': 'preferred'})
    answer = cards.api.post('/servers', {'server': {'name': 'no', 'flavorRef': flavor, 'imageRef': image,
                                                    'networks': 'none'}}, version='2.96')
    assert answer.fault[0] == 'badRequest' and 'hw_pci_numa_affinity_policy' in answer.fault[1]
    server = cards.start_server(flavor)
    answer = cards.act(server, {'rebuild': {'imageRef': image}})
    assert answer.fault[0] == 'badRequest' and 'hw_pci_numa_affinity_policy' in answer.fault[1]


# -- NUMA ------------------------------------------------------------------------------------------


@pytest.fixture
def cells(cards):
    """The same hosts with two cells of four CPUs: the graphics cards on cell 0, the network card on cell 1."""
    cards.cloud.conf(group='fake', numa_cells=2, vcpus=8, memory_mb=8192)
    cards.cloud.conf(group='compute', cpu_dedicated_set='0-7', cpu_shared_set=None)
    for host in HOSTS:
        cards.hosts[host].manager.tracker.update_available_resource(cards.admin)
    return cards


def cell_of(whole, server):
    return [cell['id'] for cell in objects.Instance.get_by_uuid(whole.admin, server).numa_topology['cells']]


def test_a_pinned_server_is_put_where_its_devices_are(cells):
    near = make_flavor(cells, 'function:1', **{'hw:cpu_policy': 'dedicated'})
    server = cells.start_server(near)
    assert cell_of(cells, server) == [1]
    assert cell_of(cells, cells.start_server(make_flavor(cells, 'gpu:1', **{'hw:cpu_policy': 'dedicated'}))) == [0]
    both = cells.boot(flavor=make_flavor(cells, 'gpu:1,function:1', **{'hw:cpu_policy': 'dedicated'}))
    cells.wait(both, 'ERROR')
    assert 'where NUMA policy legacy lets the server have them (on NUMA cells 0)' in fault(cells, both)
    liberal = cells.start_server(make_flavor(cells, 'gpu:1,function:1', 'liberal', **{
        'hw:cpu_policy': 'dedicated', 'hw:pci_numa_affinity_policy': 'preferred'}))
    assert len(has(cells, liberal)) == 2
    cells.until(lambda: cells.findings() == [])
