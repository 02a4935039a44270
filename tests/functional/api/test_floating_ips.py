# SPDX-License-Identifier: Apache-2.0
"""/os-floating-ips and /os-floating-ip-pools until 2.35, addFloatingIp and removeFloatingIp until 2.43."""
import json
import uuid

import pytest
import sqlalchemy as sa

from mininova import concurrency, context, objects
from mininova.api.openstack.compute.schemas import floating_ip_pools, floating_ips
from mininova.api.validation import validators
from mininova.compute import instance_metadata
from mininova.db import models, session
from mininova.network import ipam, rpcapi
from tests.functional.api import hosts

PATH, POOLS = '/os-floating-ips', '/os-floating-ip-pools'
UNKNOWN = '11111111-2222-4333-8444-555555555555'
FLAVOR = {'id': 1, 'flavorid': '1', 'name': 'm1.tiny', 'memory_mb': 128, 'vcpus': 1, 'root_gb': 1, 'ephemeral_gb': 0,
          'swap': 0, 'extra_specs': {}}


@pytest.fixture
def demo(api):
    return api.user('demo')


@pytest.fixture
def pool(cloud):
    """Function that fills a pool."""
    def fill(*addresses, name='nova', interface=None):
        objects.FloatingIPList.create(context.get_admin_context(), list(addresses), name, interface)
    return fill


@pytest.fixture
def told(monkeypatch):
    """Which nova-networks were told of which server."""
    heard = []
    monkeypatch.setattr(rpcapi.NetworkAPI, 'refresh_floating_ips',
                        lambda _self, _context, host, instance_uuid: heard.append((host, instance_uuid)))
    return heard


@pytest.fixture
def add_server(cloud, make_network):
    """Function that makes a server with an address and the network_info that a build leaves."""
    network = make_network('10.0.0.0/24')

    def add(host='cmp1', project='demo', **values):
        admin = context.get_admin_context()
        _number, server = hosts.add_server(cloud, host, **{
            'project_id': project, 'user_id': project, 'vm_state': 'active', 'flavor': FLAVOR, 'system_metadata': {},
            'image_ref': UNKNOWN, 'display_name': 'vm', 'hostname': 'vm', **values})
        objects.VirtualInterfaceList.allocate(admin, server, project, host, objects.NetworkRequestList(objects=[
            objects.NetworkRequest(network_id=network.uuid)]))
        write_network_info(server)
        return server
    return add


def write_network_info(server):
    info = ipam.network_info(objects.VirtualInterfaceList.get_wiring(context.get_admin_context(), server)).plain()
    instance = objects.Instance.get_by_uuid(context.get_admin_context(), server)
    instance.network_info = info
    instance.save()


def allocate(client, version='2.1', **body):
    answer = client.post(PATH, body or None, version)
    assert answer.status == 200, answer.body
    checked(floating_ips.create_response, answer)
    return answer.json['floating_ip']


def checked(schema_map, answer):
    """Compare an answer with what is said of it."""
    validators.Body(schema_map.schema_for('2.1')).validate(answer.json)
    return answer.json


def add(client, server, address, version='2.43', **body):
    return client.post(f'/servers/{server}/action', {'addFloatingIp': {'address': address, **body}}, version)


def remove(client, server, address, version='2.43'):
    return client.post(f'/servers/{server}/action', {'removeFloatingIp': {'address': address}}, version)


def shown(client, server, version='2.1'):
    """Return the addresses of a server: [(address, kind)]."""
    listed = client.get(f'/servers/{server}', version).json['server']['addresses']
    return [(entry['addr'], entry['OS-EXT-IPS:type']) for entries in listed.values() for entry in entries]


# -- pools ------------------------------------------------------------------------------


def test_pools_are_listed_by_name(demo, pool):
    assert demo.get(POOLS).json == {'floating_ip_pools': []}
    pool('192.0.2.1', '192.0.2.2', name='public')
    pool('198.51.100.1')
    for version in ('2.1', '2.35'):
        assert checked(floating_ip_pools.index_response, demo.get(POOLS, version)) == {
            'floating_ip_pools': [{'name': 'nova'}, {'name': 'public'}]}
    assert demo.get(f'{POOLS}?colour=red').status == 200
    assert demo.get(POOLS, '2.36').fault[0] == 'itemNotFound'


# -- allocation ---------------------------------------------------------------------------


def test_an_address_is_allocated_shown_and_returned(demo, pool):
    pool('192.0.2.1', '192.0.2.2')
    made = allocate(demo, pool='nova')
    assert made == {'id': made['id'], 'ip': '192.0.2.1', 'pool': 'nova', 'fixed_ip': None, 'instance_id': None}
    uuid.UUID(made['id'])
    assert checked(floating_ips.index_response, demo.get(PATH)) == {'floating_ips': [made]}
    assert checked(floating_ips.show_response, demo.get(f'{PATH}/{made["id"]}', '2.35')) == {'floating_ip': made}
    assert allocate(demo)['ip'] == '192.0.2.2'
    answer = demo.delete(f'{PATH}/{made["id"]}')
    assert (answer.status, answer.body) == (202, b'')
    assert demo.delete(f'{PATH}/{made["id"]}').fault[0] == 'itemNotFound'
    assert [entry['ip'] for entry in demo.get(PATH).json['floating_ips']] == ['192.0.2.2']
    assert allocate(demo)['ip'] == '192.0.2.1', 'it is free again'


def test_the_proxy_ends_with_2_35(demo, pool):
    pool('192.0.2.1')
    made = allocate(demo, version='2.35')
    for path in (PATH, f'{PATH}/{made["id"]}'):
        assert demo.get(path, '2.35').status == 200
        assert demo.get(path, '2.36').fault[0] == 'itemNotFound'
    assert demo.post(PATH, {}, '2.36').status == 404
    assert demo.delete(f'{PATH}/{made["id"]}', '2.36').status == 404
    assert len(demo.get(PATH).json['floating_ips']) == 1


def test_pools_are_distinct(demo, pool, cloud):
    pool('192.0.2.1', name='public')
    pool('198.51.100.1', name='other')
    assert demo.post(PATH, {'pool': 'nova'}).fault == ('itemNotFound', 'Floating IP pool nova not found.')
    assert demo.post(PATH, None).status == 404
    assert allocate(demo, pool='other')['ip'] == '198.51.100.1'
    assert demo.post(PATH, {'pool': 'other'}).fault == ('itemNotFound', 'No more floating IPs in pool other.')
    cloud.conf(default_floating_pool='public')
    assert allocate(demo, pool=None)['ip'] == '192.0.2.1'


@pytest.mark.parametrize('body', [{'pool': 1}, {'pool': ['nova']}, {'pool': 'x' * 256}, {'pool': 'a\x00b'}, [], 'nova'])
def test_bad_bodies_allocate_nothing(demo, pool, body):
    pool('192.0.2.1')
    assert demo.post(PATH, json.dumps(body).encode()).status == 400
    assert demo.get(PATH).json == {'floating_ips': []}


def test_what_old_clients_send_besides_is_not_looked_at(demo, pool):
    pool('192.0.2.1')
    assert demo.post(PATH, {'pool': 'nova', 'address': 'x'}).status == 200


@pytest.mark.parametrize('odd', ['0', '-1', str(2 ** 63), '192.0.2.1', '%00', 'x' * 300, '%f0%9f%98%80', UNKNOWN])
def test_odd_ids_are_not_found(demo, pool, odd):
    pool('192.0.2.1')
    allocate(demo)
    assert demo.get(f'{PATH}/{odd}').status == 404
    assert demo.delete(f'{PATH}/{odd}').status == 404


def test_other_projects_addresses_do_not_exist(api, demo, pool, add_server):
    pool('192.0.2.1')
    made, server = allocate(demo), add_server(project='other')
    other = api.user('other')
    assert other.get(PATH).json == {'floating_ips': []}
    assert other.get(f'{PATH}/{made["id"]}').status == other.delete(f'{PATH}/{made["id"]}').status == 404
    assert add(other, server, made['ip']).fault == (
        'itemNotFound', 'Floating IP not found for address 192.0.2.1.')
    assert remove(other, server, made['ip']).status == 404
    assert add(demo, server, made['ip']).status == 404, "another's server does not exist either"
    assert api.get(f'{PATH}/{made["id"]}').status == 200, 'an administrator sees all'
    assert api.get(PATH).json == {'floating_ips': []}, 'but lists its own'
    assert demo.get(f'{PATH}/{made["id"]}').json['floating_ip'] == made


def test_readers_look_and_members_change(cloud, demo, pool, monkeypatch):
    pool('192.0.2.1')
    made = allocate(demo)
    original = context.RequestContext.can

    def only_read(self, action, *args, **kwargs):
        self.roles = ['reader']
        return original(self, action, *args, **kwargs)
    monkeypatch.setattr(context.RequestContext, 'can', only_read)
    assert demo.get(PATH).status == demo.get(f'{PATH}/{made["id"]}').status == demo.get(POOLS).status == 200
    assert demo.post(PATH).status == demo.delete(f'{PATH}/{made["id"]}').status == 403


# -- quota ------------------------------------------------------------------------------


def test_the_quota_counts_and_is_shown(api, demo, pool):
    pool(*[f'192.0.2.{number}' for number in range(1, 6)])
    api.put('/os-quota-sets/demo', {'quota_set': {'floating_ips': 2}})
    first = allocate(demo)
    allocate(demo)
    answer = demo.post(PATH, {'pool': 'nova'})
    assert (answer.status, answer.fault) == (403, ('forbidden', 'IP allocation over quota in pool nova.'))
    absolute = demo.get('/limits', '2.35').json['limits']['absolute']
    assert (absolute['maxTotalFloatingIps'], absolute['totalFloatingIpsUsed']) == (2, 2)
    assert 'totalFloatingIpsUsed' not in demo.get('/limits', '2.36').json['limits']['absolute']
    detail = api.get('/os-quota-sets/demo/detail', '2.35').json['quota_set']['floating_ips']
    assert detail == {'limit': 2, 'in_use': 2, 'reserved': 0}
    demo.delete(f'{PATH}/{first["id"]}')
    assert demo.get('/limits').json['limits']['absolute']['totalFloatingIpsUsed'] == 1
    allocate(demo)
    assert allocate(api.user('other'))['ip'] == '192.0.2.3', "others' quota is theirs"


@pytest.mark.parametrize('limit, addresses', [(3, 20), (-1, 4)])
def test_many_at_once_get_neither_more_than_the_quota_nor_than_there_are(api, demo, pool, limit, addresses):
    pool(*[f'192.0.2.{number}' for number in range(1, addresses + 1)])
    api.put('/os-quota-sets/demo', {'quota_set': {'floating_ips': limit}})
    answers = []
    threads = [concurrency.spawn(lambda: answers.append(demo.post(PATH))) for _number in range(10)]
    for thread in threads:
        thread.wait()
    made = [answer.json['floating_ip']['ip'] for answer in answers if answer.status == 200]
    expected = limit if limit > 0 else addresses
    assert len(made) == len(set(made)) == len(demo.get(PATH).json['floating_ips']) == expected
    assert {answer.status for answer in answers} == {200, 403 if limit > 0 else 404}


def test_a_list_costs_the_same_for_one_and_for_many(cloud, demo, pool, add_server):
    pool(*[f'192.0.2.{number}' for number in range(1, 9)])
    add(demo, add_server(), allocate(demo)['ip'])
    with cloud.statements() as few:
        demo.get(PATH)
    for _number in range(6):
        add(demo, add_server(), allocate(demo)['ip'])
    with cloud.statements() as many:
        assert len(demo.get(PATH).json['floating_ips']) == 7
    assert len(few) == len(many) <= 2


# -- association --------------------------------------------------------------------------


def test_an_address_leads_to_a_server_and_no_longer(demo, pool, add_server, told):
    pool('192.0.2.1')
    server, made = add_server(), allocate(demo)
    answer = add(demo, server, made['ip'], '2.1')
    assert (answer.status, answer.body) == (202, b'')
    assert told == [('cmp1', server)]
    assert demo.get(f'{PATH}/{made["id"]}').json['floating_ip'] == {
        **made, 'fixed_ip': '10.0.0.3', 'instance_id': server}
    for version in ('2.1', '2.43', '2.104'):
        assert shown(demo, server, version) == [('10.0.0.3', 'fixed'), ('192.0.2.1', 'floating')]
    assert demo.get(f'/servers/{server}/ips').json['addresses']['private'] == [
        {'version': 4, 'addr': '10.0.0.3'}, {'version': 4, 'addr': '192.0.2.1'}]
    answer = remove(demo, server, made['ip'], '2.1')
    assert (answer.status, answer.body) == (202, b'')
    assert told == [('cmp1', server)] * 2
    assert demo.get(PATH).json == {'floating_ips': [made]}
    assert shown(demo, server) == [('10.0.0.3', 'fixed')]


def test_the_mac_of_a_floating_address_is_that_of_the_card(demo, pool, add_server):
    pool('192.0.2.1')
    server = add_server()
    add(demo, server, allocate(demo)['ip'])
    fixed, floating = demo.get(f'/servers/{server}').json['server']['addresses']['private']
    assert floating == {**fixed, 'addr': '192.0.2.1', 'OS-EXT-IPS:type': 'floating'}


def test_the_actions_end_with_2_43(demo, pool, add_server):
    pool('192.0.2.1')
    server, made = add_server(), allocate(demo)
    assert add(demo, server, made['ip'], '2.44').status == 404
    assert add(demo, server, made['ip'], '2.43').status == 202
    assert remove(demo, server, made['ip'], '2.44').status == 404
    assert remove(demo, server, made['ip'], '2.43').status == 202


def test_a_wish_for_a_fixed_address(demo, pool, add_server, cloud):
    pool('192.0.2.1')
    server, made = add_server(), allocate(demo)
    admin = context.get_admin_context()
    network = objects.NetworkList.get_all(admin)[0]
    objects.VirtualInterface.add_address(admin, server, network.id, 'cmp1')
    write_network_info(server)
    assert add(demo, server, made['ip'], fixed_address='10.0.0.9').fault == (
        'badRequest', 'Specified fixed address not assigned to instance')
    second = [entry['addr'] for entry in demo.get(f'/servers/{server}').json['server']['addresses']['private']][1]
    assert add(demo, server, made['ip'], fixed_address=second).status == 202
    assert demo.get(PATH).json['floating_ips'][0]['fixed_ip'] == second
    assert shown(demo, server) == [('10.0.0.3', 'fixed'), (second, 'fixed'), ('192.0.2.1', 'floating')]
    assert add(demo, server, made['ip']).status == 202
    assert demo.get(PATH).json['floating_ips'][0]['fixed_ip'] == '10.0.0.3', 'the first one is the default'


def test_a_server_may_have_several(demo, pool, add_server):
    pool('192.0.2.1', '192.0.2.2')
    server = add_server()
    for _number in range(2):
        assert add(demo, server, allocate(demo)['ip']).status == 202
    assert shown(demo, server) == [('10.0.0.3', 'fixed'), ('192.0.2.1', 'floating'), ('192.0.2.2', 'floating')]
    assert add(demo, server, '192.0.2.1').status == 202, 'a repeat changes nothing'
    assert len(shown(demo, server)) == 3


def test_an_associated_address_moves_to_another_server(demo, pool, add_server, told):
    pool('192.0.2.1')
    first, second, made = add_server(), add_server('cmp2'), allocate(demo)
    add(demo, first, made['ip'])
    assert add(demo, second, made['ip']).status == 202
    assert told[1:] == [('cmp2', second), ('cmp1', first)]
    assert shown(demo, first) == [('10.0.0.3', 'fixed')] and ('192.0.2.1', 'floating') in shown(demo, second)
    answer = remove(demo, first, made['ip'])
    assert (answer.status, answer.fault) == (409, (
        'conflictingRequest', f'Floating IP 192.0.2.1 is not associated with instance {first}.'))
    assert demo.get(PATH).json['floating_ips'][0]['instance_id'] == second


def test_a_released_address_leads_nowhere(demo, pool, add_server, told):
    pool('192.0.2.1')
    server, made = add_server(), allocate(demo)
    add(demo, server, made['ip'])
    assert demo.delete(f'{PATH}/{made["id"]}').status == 202
    assert told == [('cmp1', server)] * 2
    assert shown(demo, server) == [('10.0.0.3', 'fixed')]
    assert allocate(demo) == {**made, 'id': made['id']}


def test_servers_without_addresses_get_none(demo, pool, cloud):
    pool('192.0.2.1')
    made = allocate(demo)
    _number, building = hosts.add_server(cloud, None, vm_state='building')
    assert add(demo, building, made['ip']).fault == ('badRequest', 'Instance network is not ready yet')
    assert demo.get(PATH).json['floating_ips'] == [made]


def test_addresses_that_are_nobodys_are_not_found(demo, pool, add_server, api):
    pool('192.0.2.1')
    server = add_server()
    for client in (demo, api):
        assert add(client, server, '192.0.2.1').status == 404
        assert add(client, server, '203.0.113.9').status == 404
        assert remove(client, server, '203.0.113.9').status == 404
    assert remove(demo, server, '192.0.2.1').status == 404
    assert add(demo, UNKNOWN, '192.0.2.1').status == remove(demo, UNKNOWN, '192.0.2.1').status == 404


def test_an_address_that_leads_nowhere_cannot_be_removed(demo, pool, add_server):
    pool('192.0.2.1')
    server, made = add_server(), allocate(demo)
    assert remove(demo, server, made['ip']).status == 409


@pytest.mark.parametrize('body', [
    {'addFloatingIp': None}, {'addFloatingIp': {}}, {'addFloatingIp': {'address': 'x'}},
    {'addFloatingIp': {'address': '192.0.2.1', 'fixed_address': ''}}, {'addFloatingIp': {'address': ['192.0.2.1']}},
    {'addFloatingIp': {'address': '192.0.2.1', 'x': 1}}, {'addFloatingIp': {'address': '192.0.2.1'}, 'x': 1},
    {'removeFloatingIp': None}, {'removeFloatingIp': {}}, {'removeFloatingIp': {'address': '192.0.2.256'}},
    {'removeFloatingIp': {'address': '192.0.2.1', 'fixed_address': '10.0.0.3'}}])
def test_bad_bodies_change_nothing(demo, pool, add_server, body):
    pool('192.0.2.1')
    server, made = add_server(), allocate(demo)
    assert demo.post(f'/servers/{server}/action', body).status == 400
    assert demo.get(PATH).json['floating_ips'] == [made]


def test_only_members_change_where_addresses_lead(api, demo, pool, add_server, monkeypatch):
    pool('192.0.2.1')
    server, made = add_server(), allocate(demo)
    original = context.RequestContext.can

    def only_read(self, action, *args, **kwargs):
        self.roles = ['reader']
        return original(self, action, *args, **kwargs)
    monkeypatch.setattr(context.RequestContext, 'can', only_read)
    assert add(demo, server, made['ip']).status == remove(demo, server, made['ip']).status == 403


def test_an_administrator_may_act_for_others(api, demo, pool, add_server):
    pool('192.0.2.1')
    server, made = add_server(), allocate(demo)
    assert add(api, server, made['ip']).status == 202
    assert demo.get(PATH).json['floating_ips'][0]['instance_id'] == server
    assert remove(api, server, made['ip']).status == 202
    assert api.delete(f'{PATH}/{made["id"]}').status == 202
    assert demo.get(PATH).json == {'floating_ips': []}


def test_a_server_that_loses_its_addresses_keeps_no_floating_ones(demo, pool, add_server, told):
    pool('192.0.2.1', '192.0.2.2')
    server, made = add_server(), allocate(demo)
    add(demo, server, made['ip'])
    objects.VirtualInterfaceList.deallocate(context.get_admin_context(), server)
    assert demo.get(PATH).json == {'floating_ips': [made]}
    answer = add(demo, server, made['ip'])
    assert (answer.status, answer.fault) == (
        400, ('badRequest', f'Fixed IP address 10.0.0.3 does not exist on instance {server}.'))


def test_a_message_that_cannot_be_sent_does_not_matter(demo, pool, add_server, monkeypatch):
    def away(*args, **kwargs):
        raise rpcapi.rpc.MessagingException('nobody there')
    monkeypatch.setattr(rpcapi.NetworkAPI, 'refresh_floating_ips', away)
    pool('192.0.2.1')
    server, made = add_server(), allocate(demo)
    assert add(demo, server, made['ip']).status == 202
    assert ('192.0.2.1', 'floating') in shown(demo, server)


def test_two_at_once_leave_one_owner(demo, pool, add_server):
    pool('192.0.2.1')
    servers, made = [add_server() for _number in range(4)], allocate(demo)
    answers = []
    threads = [concurrency.spawn(lambda server=server: answers.append(add(demo, server, made['ip']).status))
               for server in servers]
    for thread in threads:
        thread.wait()
    assert answers == [202] * 4
    owner = demo.get(PATH).json['floating_ips'][0]['instance_id']
    having = [server for server in servers if ('192.0.2.1', 'floating') in shown(demo, server)]
    assert having == [owner]


# -- addresses that come with a server ------------------------------------------------------


@pytest.fixture
def automatic(demo, pool, add_server):
    """A server with an address that was assigned automatically."""
    pool('192.0.2.1', '192.0.2.2')
    server = add_server()
    for _repeat in range(2):
        objects.FloatingIP.auto_assign(context.get_admin_context(), server, 'nova')
    return server


def test_an_automatic_address_is_the_servers_and_not_the_projects(api, demo, automatic, add_server):
    api.put('/os-quota-sets/demo', {'quota_set': {'floating_ips': 1}})
    assert shown(demo, automatic) == [('10.0.0.3', 'fixed'), ('192.0.2.1', 'floating')]
    assert demo.get(PATH).json == {'floating_ips': []}
    assert demo.get('/limits').json['limits']['absolute']['totalFloatingIpsUsed'] == 0
    assert remove(demo, automatic, '192.0.2.1').fault[0] == 'forbidden'
    assert add(demo, add_server(), '192.0.2.1').fault == ('badRequest', 'Floating IP 192.0.2.1 is associated.')
    row, = objects.FloatingIPList.get_all(context.get_admin_context(), host='cmp1')
    assert demo.delete(f'{PATH}/{row.uuid}').fault[0] == 'forbidden'
    assert allocate(demo)['ip'] == '192.0.2.2'


def test_an_automatic_address_goes_with_its_server(demo, automatic):
    objects.VirtualInterfaceList.deallocate(context.get_admin_context(), automatic)
    assert [allocate(demo)['ip'], allocate(demo)['ip']] == ['192.0.2.1', '192.0.2.2']


# -- what else shows them -------------------------------------------------------------------


def test_guests_read_their_public_address(demo, pool, add_server):
    pool('192.0.2.1')
    server = add_server()
    add(demo, server, allocate(demo)['ip'])
    instance = objects.Instance.get_by_uuid(context.get_admin_context(), server, expected_attrs=['metadata'])
    documents = instance_metadata.InstanceMetadata(instance)
    assert documents.lookup('/2009-04-04/meta-data/public-ipv4') == b'192.0.2.1'
    assert documents.lookup('/2009-04-04/meta-data/local-ipv4') == b'10.0.0.3'


def test_what_a_host_writes_late_does_not_hide_an_address(demo, pool, add_server):
    """nova-compute asked for a server's cards, the address was associated, nova-compute writes what it was told."""
    pool('192.0.2.1')
    server, admin = add_server(), context.get_admin_context()
    instance = objects.Instance.get_by_uuid(admin, server)
    instance.network_info = json.loads(json.dumps(instance.network_info))
    add(demo, server, allocate(demo)['ip'])
    instance.save()
    assert ('192.0.2.1', 'floating') in shown(demo, server)


def test_a_deleted_server_has_no_floating_address_even_if_its_host_is_away(demo, pool, add_server):
    pool('192.0.2.1')
    server, made = add_server(), allocate(demo)
    add(demo, server, made['ip'])
    objects.Instance.get_by_uuid(context.get_admin_context(), server).destroy()
    assert demo.get(PATH).json == {'floating_ips': [made]}
    with session.reader() as connection:
        kept = connection.execute(sa.select(models.fixed_ips.c.address).where(
            models.fixed_ips.c.instance_uuid == server)).scalars().all()
    assert kept == ['10.0.0.3'], 'its own address waits for the host'
