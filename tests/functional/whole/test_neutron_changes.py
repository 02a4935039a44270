# SPDX-License-Identifier: Apache-2.0
"""Servers whose cards are ports of a network service, while they exist: cards, addresses, groups, hosts."""
import time

import pytest

from mininova import context, crashpoint, exception, objects
from mininova.network import api as network_api
from mininova.network import metadata_peers
from tests.fixtures.neutron import neutron  # noqa: F401


@pytest.fixture
def private(neutron):  # noqa: F811
    return neutron.add_network('private', '10.0.0.0/24')


@pytest.fixture
def other(neutron, private):  # noqa: F811
    return neutron.add_network('other', '10.1.0.0/24')


@pytest.fixture
def server(private, other, whole):
    made = whole.boot(networks=[{'uuid': private['id']}])
    assert whole.wait(made)['status'] == 'ACTIVE', whole.show(made)
    return made


def attach(whole, server, **body):
    return whole.api.post(f'/servers/{server}/os-interface', {'interfaceAttachment': body}, version='2.96')


def cards(whole, server):
    return whole.api.get(f'/servers/{server}/os-interface', version='2.96').json['interfaceAttachments']


def detach(whole, server, port_id):
    assert whole.api.delete(f'/servers/{server}/os-interface/{port_id}').status == 202
    whole.until(lambda: port_id not in [card['port_id'] for card in cards(whole, server)])


def macs(whole, server, host='cmp1'):
    return whole.hosts[host].manager.driver.host.guests[server].macs


def test_a_card_is_made_and_goes_with_its_port(whole, server, neutron, other):  # noqa: F811
    answer = attach(whole, server, net_id=other['id'], tag='second', fixed_ips=[{'ip_address': '10.1.0.9'}])
    assert answer.status == 200, answer.body
    card = answer.json['interfaceAttachment']
    port = neutron.tables['ports'][card['port_id']]
    assert (port['binding:host_id'], port['device_owner']) == ('cmp1', 'compute:nova')
    assert card['fixed_ips'][0]['ip_address'] == '10.1.0.9'
    assert macs(whole, server)[1] == port['mac_address']
    assert whole.show(server)['addresses']['other'][0]['addr'] == '10.1.0.9'
    detach(whole, server, port['id'])
    assert port['id'] not in neutron.tables['ports']
    assert len(macs(whole, server)) == 1
    whole.until(lambda: list(whole.show(server)['addresses']) == ['private'])


def test_who_asks_for_metadata_is_known_by_port(whole, server, neutron, private, other):  # noqa: F811
    api, (port,) = network_api.API(), neutron.of_server(server)
    address = port['fixed_ips'][0]['ip_address']
    assert metadata_peers.find_guest(whole.admin, api, address) == server
    assert metadata_peers.find_guest(whole.admin, api, '10.0.0.250') is None
    neutron.tables['subnets'][port['fixed_ips'][0]['subnet_id']]['advanced_service_providers'] = 'edge-1'
    assert api.find_metadata_client(whole.admin, 'edge-1', address) == (server, port['project_id'])
    for provider, unknown in (('edge-2', address), ('edge-1', '10.0.0.250')):
        with pytest.raises(exception.MetadataClientUnknown):
            api.find_metadata_client(whole.admin, provider, unknown)
    # Another network may have the same range: nobody is told anything then.
    neutron.tables['ports']['twin'] = {**port, 'id': 'twin', 'device_id': 'another'}
    assert metadata_peers.find_guest(whole.admin, api, address) is None


def test_a_port_is_attached_and_given_back(whole, server, neutron, other):  # noqa: F811
    port = neutron.add_port(other)
    assert attach(whole, server, port_id=port['id']).status == 200
    assert (port['device_id'], port['binding:host_id']) == (server, 'cmp1')
    assert attach(whole, server, port_id=port['id']).status == 409
    detach(whole, server, port['id'])
    whole.until(lambda: port['device_id'] == '')
    assert port['id'] in neutron.tables['ports']


def test_what_cannot_be_attached_is_refused(whole, server, neutron, private, other):  # noqa: F811
    foreign = neutron.add_port(other, project='elsewhere')
    assert attach(whole, server, port_id=foreign['id']).status == 404
    assert attach(whole, server, net_id='11111111-2222-4333-8444-555555555555').status == 404
    assert attach(whole, server).status == 400
    taken = neutron.add_port(other)['fixed_ips'][0]['ip_address']
    assert attach(whole, server, net_id=other['id'], fixed_ips=[{'ip_address': taken}]).status == 409
    neutron.quotas['admin'] = 1
    assert attach(whole, server, net_id=other['id']).status == 403
    assert len(cards(whole, server)) == 1


def test_a_card_that_fails_leaves_no_port(whole, server, neutron, other):  # noqa: F811
    whole.faults('cmp1').add('attach_interface', 'fail')
    assert attach(whole, server, net_id=other['id']).status == 500
    whole.until(lambda: len(neutron.of_server(server)) == 1)
    neutron.unbindable.add('cmp1')
    assert attach(whole, server, net_id=other['id']).status == 500
    whole.until(lambda: len(neutron.of_server(server)) == 1)
    assert len(cards(whole, server)) == 1


def test_addresses_of_a_card_come_and_go(whole, server, neutron, private):  # noqa: F811
    assert whole.act(server, {'addFixedIp': {'networkId': private['id']}}, version='2.1').status == 202
    port, = neutron.of_server(server)
    added = port['fixed_ips'][1]['ip_address']
    whole.until(lambda: len(whole.show(server)['addresses']['private']) == 2)
    whole.until(lambda: not objects.VirtualInterface.get_by_uuid(whole.admin, port['id']).task)
    assert whole.act(server, {'removeFixedIp': {'address': added}}, version='2.1').status == 202
    whole.until(lambda: len(whole.show(server)['addresses']['private']) == 1)
    assert whole.act(server, {'removeFixedIp': {'address': added}}, version='2.1').status == 400


def test_groups_of_a_server_are_those_of_its_ports(whole, server, neutron):  # noqa: F811
    group = neutron.add_group('web')
    assert whole.act(server, {'addSecurityGroup': {'name': 'web'}}).status == 202
    port, = neutron.of_server(server)
    assert group['id'] in port['security_groups']
    assert [one['name'] for one in whole.show(server)['security_groups']] == ['default', 'web']
    listed = whole.api.get(f'/servers/{server}/os-security-groups').json['security_groups']
    assert {one['id'] for one in listed} == set(port['security_groups'])
    assert whole.act(server, {'removeSecurityGroup': {'name': group['id']}}).status == 202
    assert group['id'] not in port['security_groups']
    assert whole.act(server, {'removeSecurityGroup': {'name': 'web'}}).status == 404
    assert whole.act(server, {'addSecurityGroup': {'name': 'nothing'}}).status == 404
    neutron.add_group('web')
    assert whole.act(server, {'addSecurityGroup': {'name': 'web'}}).status == 409


def test_a_floating_address_leads_to_a_server(whole, server, neutron):  # noqa: F811
    neutron.add_network('public', '203.0.113.0/29', 'operator', **{'router:external': True})
    api = whole.api
    assert api.get('/os-floating-ip-pools').json == {'floating_ip_pools': [{'name': 'public'}]}
    made = api.post('/os-floating-ips', {'pool': 'public'}).json['floating_ip']
    assert api.post('/os-floating-ips', {'pool': 'nowhere'}).status == 404
    assert whole.act(server, {'addFloatingIp': {'address': made['ip']}}, version='2.1').status == 202
    shown = api.get(f'/os-floating-ips/{made["id"]}').json['floating_ip']
    port, = neutron.of_server(server)
    assert (shown['instance_id'], shown['fixed_ip']) == (server, port['fixed_ips'][0]['ip_address'])
    api.post('/os-server-external-events', {'events': [{'name': 'network-changed', 'server_uuid': server}]})
    whole.until(lambda: made['ip'] in [one['addr'] for one in whole.show(server)['addresses']['private']])
    assert whole.act(server, {'removeFloatingIp': {'address': made['ip']}}, version='2.1').status == 202
    assert whole.act(server, {'removeFloatingIp': {'address': made['ip']}}, version='2.1').status == 409
    assert api.user('demo').get(f'/os-floating-ips/{made["id"]}').status == 404
    assert api.delete(f'/os-floating-ips/{made["id"]}').status == 202
    assert api.get('/os-floating-ips').json == {'floating_ips': []}


def test_a_deleted_port_is_taken_from_the_guest(whole, server, neutron, other):  # noqa: F811
    card = attach(whole, server, net_id=other['id']).json['interfaceAttachment']
    whole.until(lambda: whole.findings() == [])
    del neutron.tables['ports'][card['port_id']]
    assert [finding for finding in whole.findings() if card['port_id'] in finding]
    whole.api.post('/os-server-external-events', {'events': [
        {'name': 'network-vif-deleted', 'server_uuid': server, 'tag': card['port_id']}]})
    whole.until(lambda: len(macs(whole, server)) == 1)
    whole.until(lambda: list(whole.show(server)['addresses']) == ['private'])
    assert len(list(objects.VirtualInterfaceList.get_by_instance_uuid(context.get_admin_context(), server))) == 1


def test_several_deleted_ports_are_all_taken_from_the_guest(whole, server, neutron, other):  # noqa: F811
    """The network service lists none of them when the first event is heard."""
    gone = [attach(whole, server, net_id=other['id']).json['interfaceAttachment']['port_id'] for _ in range(2)]
    for port_id in gone:
        del neutron.tables['ports'][port_id]
    whole.api.post('/os-server-external-events', {'events': [{'name': 'network-changed', 'server_uuid': server}]})
    for port_id in gone:
        whole.api.post('/os-server-external-events', {'events': [
            {'name': 'network-vif-deleted', 'server_uuid': server, 'tag': port_id}]})
    whole.until(lambda: len(macs(whole, server)) == 1)
    whole.until(lambda: whole.findings() == [])
    assert len(list(objects.VirtualInterfaceList.get_by_instance_uuid(context.get_admin_context(), server))) == 1


@pytest.mark.parametrize('several', [True, False])
def test_ports_go_along_with_a_live_migration(whole, server, neutron, several):  # noqa: F811
    if not several:
        neutron.extensions.discard('binding-extended')
    whole.add_host('cmp2')
    port, = neutron.of_server(server)
    answer = whole.act(server, {'os-migrateLive': {'host': 'cmp2', 'block_migration': 'auto'}}, version='2.96')
    assert answer.status == 202, answer.body
    whole.wait(server)
    assert whole.show(server)['OS-EXT-SRV-ATTR:host'] == 'cmp2'
    assert port['binding:host_id'] == 'cmp2'
    whole.until(lambda: not any(neutron.bindings.values()))
    used = [req.path for req in neutron.requests if 'bindings' in req.path]
    assert bool(used) is several


def test_a_host_that_cannot_plug_is_no_destination(whole, server, neutron):  # noqa: F811
    whole.add_host('cmp2')
    neutron.unbindable.add('cmp2')
    whole.act(server, {'os-migrateLive': {'host': 'cmp2', 'block_migration': 'auto'}}, version='2.96')
    assert whole.wait(server)['OS-EXT-SRV-ATTR:host'] == 'cmp1'
    assert neutron.of_server(server)[0]['binding:host_id'] == 'cmp1'


def test_ports_go_along_with_a_resize_and_come_back(whole, server, neutron):  # noqa: F811
    whole.add_host('cmp2')
    port, = neutron.of_server(server)
    assert whole.act(server, {'migrate': None}).status == 202
    assert whole.wait(server, 'VERIFY_RESIZE')['OS-EXT-SRV-ATTR:host'] == 'cmp2'
    assert port['binding:host_id'] == 'cmp2'
    whole.act(server, {'revertResize': None})
    whole.wait(server, 'ACTIVE')
    whole.until(lambda: port['binding:host_id'] == 'cmp1')


def test_a_shelved_server_keeps_its_port_and_leaves_its_host(whole, server, neutron):  # noqa: F811
    whole.cloud.conf(shelved_offload_time=0)
    port, = neutron.of_server(server)
    address = port['fixed_ips'][0]['ip_address']
    whole.act(server, {'shelve': None})
    whole.wait(server, 'SHELVED_OFFLOADED')
    assert (port['binding:host_id'], port['device_id']) == ('', server)
    whole.act(server, {'unshelve': None})
    whole.wait(server, 'ACTIVE')
    assert port['binding:host_id'] == 'cmp1'
    assert whole.show(server)['addresses']['private'][0]['addr'] == address


def test_a_port_that_was_never_reserved_is_removed(whole, server, neutron, private):  # noqa: F811
    stray = neutron.add_port(private, device_id=server, device_owner='compute:attaching')
    operations = whole.hosts['cmp1'].manager
    instance = objects.Instance.get_by_uuid(whole.admin, server)
    operations.parts.network_api.get_instance_nw_info(whole.admin, instance)
    assert stray['id'] in neutron.tables['ports']
    stray['created_at'] = '2020-01-01T00:00:00Z'
    operations.parts.network_api.get_instance_nw_info(whole.admin, instance)
    assert stray['id'] not in neutron.tables['ports']
    assert len(neutron.of_server(server)) == 1


@pytest.mark.parametrize('point', ['neutron.N1.noted.after', 'neutron.N2.made.after', 'neutron.N3.recorded.after'])
def test_a_repeated_build_makes_no_second_port(whole, neutron, private, other, point, monkeypatch):  # noqa: F811
    """A step that broke off anywhere is repeated and finds what it made."""
    brought = neutron.add_port(other)
    server = whole.boot(networks='none')
    whole.wait(server)
    instance = objects.Instance.get_by_uuid(whole.admin, server)
    wanted = objects.NetworkRequestList(objects=[
        objects.NetworkRequest(network_id=private['id']), objects.NetworkRequest(port_id=brought['id']),
        objects.NetworkRequest(network_id=private['id'])])
    api = whole.hosts['cmp1'].manager.parts.network_api

    def die(name):
        if name == point:
            raise RuntimeError('killed')
    monkeypatch.setattr('mininova.network.neutron.ports.crashpoint', die)
    with pytest.raises(RuntimeError):
        api.allocate_for_instance(whole.admin, instance, wanted)
    monkeypatch.setattr('mininova.network.neutron.ports.crashpoint', crashpoint.crashpoint)
    first = api.allocate_for_instance(whole.admin, instance, wanted)
    again = api.allocate_for_instance(whole.admin, instance, wanted)
    assert [vif['id'] for vif in first] == [vif['id'] for vif in again]
    assert [vif['network']['label'] for vif in again] == ['private', 'other', 'private']
    assert len(neutron.of_server(server)) == 3
    api.deallocate_for_instance(whole.admin, instance)
    api.deallocate_for_instance(whole.admin, instance)
    assert list(neutron.tables['ports']) == [brought['id']]


def test_the_proxies_show_networks(whole, server, private):
    listed = whole.api.get('/os-networks').json['networks']
    assert {network['label'] for network in listed} == {'private', 'other'}
    assert whole.api.get(f'/os-networks/{private["id"]}').json['network']['label'] == 'private'
    assert whole.api.get('/os-tenant-networks').status == 200
    assert whole.api.get('/os-tenant-networks/11111111-2222-4333-8444-555555555555').status == 404


def test_the_proxies_of_groups_are_the_network_s(whole, server, neutron):  # noqa: F811
    api = whole.api
    made = api.post('/os-security-groups', {'security_group': {'name': 'web', 'description': 'x'}}).json[
        'security_group']
    rule = {'parent_group_id': made['id'], 'ip_protocol': 'tcp', 'from_port': 80, 'to_port': 80, 'cidr': '10.0.0.0/8'}
    answer = api.post('/os-security-group-rules', {'security_group_rule': rule})
    assert answer.status == 200, answer.body
    assert api.post('/os-security-group-rules', {'security_group_rule': rule}).status == 400
    shown = api.get(f'/os-security-groups/{made["id"]}').json['security_group']
    assert shown['rules'][0]['ip_range'] == {'cidr': '10.0.0.0/8'}
    assert {group['name'] for group in api.get('/os-security-groups').json['security_groups']} == {'default', 'web'}
    assert api.user('demo').get(f'/os-security-groups/{made["id"]}').status == 404
    changed = api.put(f'/os-security-groups/{made["id"]}', {'security_group': {'name': 'w', 'description': 'y'}})
    assert changed.json['security_group']['name'] == 'w'
    default = next(group for group in neutron.tables['security-groups'].values() if group['name'] == 'default')
    url = f'/os-security-groups/{default["id"]}'
    assert api.put(url, {'security_group': {'name': 'other', 'description': ''}}).status == 400
    described = api.put(url, {'security_group': {'name': 'default', 'description': 'mine'}})
    assert (described.status, default['description']) == (200, 'mine')
    assert api.delete(f'/os-security-group-rules/{answer.json["security_group_rule"]["id"]}').status == 202
    assert api.delete(f'/os-security-groups/{made["id"]}').status == 202
    assert api.get(f'/os-security-groups/{made["id"]}').status == 404


def test_the_group_default_stays_though_the_service_user_could_remove_it(whole, neutron):  # noqa: F811
    assert whole.api.post('/os-security-groups', {'security_group': {'name': 'web', 'description': ''}}).status == 200
    default = next(group for group in neutron.tables['security-groups'].values() if group['name'] == 'default')
    refused = whole.api.delete(f'/os-security-groups/{default["id"]}')
    assert (refused.status, default['id'] in neutron.tables['security-groups']) == (400, True)


def test_a_server_waits_until_its_cards_are_plugged(private, neutron, whole):  # noqa: F811
    neutron.port_status = 'DOWN'
    whole.cloud.conf(vif_plugging_timeout=30)
    server = whole.boot(networks=[{'uuid': private['id']}])
    port = whole.until(lambda: neutron.of_server(server))[0]
    time.sleep(0.5)
    assert whole.show(server)['status'] == 'BUILD'
    # As the real one does, it tells when its agent has wired the card.
    port['status'] = 'ACTIVE'
    whole.until(lambda: whole.api.post('/os-server-external-events', {'events': [
        {'name': 'network-vif-plugged', 'server_uuid': server, 'tag': port['id'], 'status': 'completed'}]}).status
        in (200, 207) and whole.show(server)['status'] == 'ACTIVE')


def test_cards_that_are_not_plugged_in_time_end_a_build(private, neutron, whole):  # noqa: F811
    neutron.port_status = 'DOWN'
    whole.cloud.conf(vif_plugging_timeout=1)
    server = whole.boot(networks=[{'uuid': private['id']}])
    assert whole.wait(server)['status'] == 'ERROR'
    assert neutron.tables['ports'] == {}
    whole.cloud.conf(vif_plugging_is_fatal=False)
    assert whole.wait(whole.boot(networks=[{'uuid': private['id']}]))['status'] == 'ACTIVE'


def test_a_port_is_asked_for_once_and_an_address_must_be_a_host_s(whole, neutron, private):  # noqa: F811
    port = neutron.add_port(private)
    body = {'server': {'name': 'x', 'flavorRef': '1', 'imageRef': whole.image, 'networks': [{'port': port['id']}] * 2}}
    answer = whole.api.post('/servers', body, version='2.96')
    assert (answer.status, port['id'] in answer.json['badRequest']['message']) == (400, True)
    for address in ('10.0.0.0', '10.0.0.255'):
        body['server']['networks'] = [{'uuid': private['id'], 'fixed_ip': address}]
        answer = whole.api.post('/servers', body, version='2.96')
        assert (answer.status, address in answer.json['badRequest']['message']) == (400, True)
