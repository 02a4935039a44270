# SPDX-License-Identifier: Apache-2.0
"""Servers whose cards are ports of a network service: made, brought along, moved, taken back, broken off."""
import pytest

from mininova import context, objects
from tests.fixtures.neutron import neutron  # noqa: F401


@pytest.fixture
def private(neutron):  # noqa: F811
    return neutron.add_network('private', '10.0.0.0/24')


@pytest.fixture
def cloud_with(neutron, private, whole):  # noqa: F811
    """The cloud; asked for after the network service so that it knows it from its start."""
    return whole


def boot(whole, networks='auto', **body):
    server = whole.boot(networks=networks, **body)
    assert whole.wait(server, seconds=60)['status'] == 'ACTIVE', whole.show(server)
    return server


def cards(whole, server):
    return whole.api.get(f'/servers/{server}/os-interface', version='2.96').json['interfaceAttachments']


def rows(server):
    return objects.VirtualInterfaceList.get_by_instance_uuid(context.get_admin_context(), server)


def test_a_server_gets_a_port_of_the_only_network_and_gives_it_back(cloud_with, neutron, private):  # noqa: F811
    server = boot(cloud_with)
    port, = neutron.of_server(server)
    shown = cloud_with.show(server)
    assert port['binding:host_id'] == 'cmp1'
    assert port['device_owner'] == 'compute:nova'
    assert port['tenant_id'] == 'admin'
    address, = shown['addresses']['private']
    assert address['addr'] == port['fixed_ips'][0]['ip_address']
    assert address['OS-EXT-IPS-MAC:mac_addr'] == port['mac_address']
    assert shown['security_groups'] == [{'name': 'default'}]
    card, = cards(cloud_with, server)
    assert (card['port_id'], card['port_state'], card['net_id']) == (port['id'], 'ACTIVE', private['id'])
    cloud_with.api.delete(f'/servers/{server}')
    cloud_with.wait_gone(server)
    assert neutron.tables['ports'] == {}
    assert list(rows(server)) == []


def test_a_port_that_was_brought_is_given_back_and_not_deleted(cloud_with, neutron, private):  # noqa: F811
    port = neutron.add_port(private)
    mac = port['mac_address']
    server = boot(cloud_with, [{'port': port['id'], 'tag': 'mine'}])
    assert (port['device_id'], port['binding:host_id'], port['mac_address']) == (server, 'cmp1', mac)
    assert cards(cloud_with, server)[0]['tag'] == 'mine'
    cloud_with.api.delete(f'/servers/{server}')
    cloud_with.wait_gone(server)
    kept, = neutron.tables['ports'].values()
    assert (kept['device_id'], kept['device_owner'], kept['binding:host_id']) == ('', '', '')


def test_several_cards_keep_their_order_address_and_group(cloud_with, neutron, private):  # noqa: F811
    other = neutron.add_network('other', '10.1.0.0/24')
    port = neutron.add_port(private)
    group = neutron.add_group('web')
    server = boot(cloud_with, [{'uuid': other['id'], 'fixed_ip': '10.1.0.77', 'tag': 'b'}, {'port': port['id']},
                               {'uuid': other['id']}], security_groups=[{'name': 'web'}])
    shown = cards(cloud_with, server)
    assert [card['net_id'] for card in shown] == [other['id'], private['id'], other['id']]
    assert shown[0]['fixed_ips'][0]['ip_address'] == '10.1.0.77'
    assert shown[0]['tag'] == 'b'
    made = [one for one in neutron.of_server(server) if one['id'] != port['id']]
    assert all(one['security_groups'] == [group['id']] for one in made)
    assert group['id'] not in port['security_groups']


@pytest.mark.parametrize('networks, status', [
    ([{'uuid': '11111111-2222-4333-8444-555555555555'}], 400),
    ([{'port': '11111111-2222-4333-8444-555555555555'}], 400)])
def test_what_does_not_exist_is_refused_before_anything_is_made(cloud_with, neutron, networks, status):  # noqa: F811
    answer = cloud_with.api.post('/servers', {'server': {
        'name': 'x', 'flavorRef': '1', 'imageRef': cloud_with.image, 'networks': networks}}, version='2.96')
    assert answer.status == status, answer.body
    assert neutron.tables['ports'] == {}
    assert cloud_with.api.get('/servers').json['servers'] == []


def refused(whole, networks, version='2.96', **body):
    answer = whole.api.post('/servers', {'server': {
        'name': 'x', 'flavorRef': '1', 'imageRef': whole.image, **({'networks': networks} if networks else {}),
        **body}}, version=version)
    return answer.status, answer.fault[1]


def test_ports_that_cannot_be_used_are_refused(cloud_with, neutron, private):  # noqa: F811
    foreign = neutron.add_port(private, project='other')
    used = neutron.add_port(private, device_id='another-server')
    assert refused(cloud_with, [{'port': foreign['id']}])[0] == 400
    assert refused(cloud_with, [{'port': used['id']}]) == (409, f'Port {used["id"]} is still in use.')
    bare = neutron.add_port(neutron.add_network('bare'))
    status, message = refused(cloud_with, [{'port': bare['id']}])
    assert status == 400
    assert 'FixedIP' in message


def test_networks_that_cannot_be_used_are_refused(cloud_with, neutron, private):  # noqa: F811
    bare = neutron.add_network('bare')
    foreign = neutron.add_network('foreign', '10.3.0.0/24', 'other')
    assert refused(cloud_with, [{'uuid': bare['id']}])[0] == 400
    demo = cloud_with.api.user('demo', 'demo')
    answer = demo.post('/servers', {'server': {'name': 'x', 'flavorRef': '1', 'imageRef': cloud_with.image,
                                               'networks': [{'uuid': foreign['id']}]}}, version='2.96')
    assert answer.status == 400
    assert refused(cloud_with, [{'uuid': private['id'], 'fixed_ip': '10.9.0.1'}])[0] == 400


def test_several_networks_are_ambiguous(cloud_with, neutron):  # noqa: F811
    neutron.add_network('second', '10.2.0.0/24')
    assert refused(cloud_with, 'auto')[0] == 409
    assert refused(cloud_with, None, version='2.1')[0] == 409
    assert cloud_with.wait(cloud_with.boot(networks='none'))['addresses'] == {}


def test_auto_makes_a_network_where_there_is_none(neutron, whole):  # noqa: F811
    server = boot(whole)
    assert neutron.tables['networks'][neutron.topologies['admin']]['name'] == 'auto_allocated_network'
    assert list(whole.show(server)['addresses']) == ['auto_allocated_network']


def test_auto_is_refused_where_no_network_can_be_made(neutron, whole):  # noqa: F811
    neutron.extensions.discard('auto-allocated-topology')
    assert refused(whole, 'auto')[0] == 400
    # Below 2.37 nothing said, and nothing there, is a server without a card.
    assert boot(whole, networks=[], version='2.1')


def test_the_quota_of_ports_is_the_network_s(cloud_with, neutron):  # noqa: F811
    neutron.quotas['admin'] = 1
    boot(cloud_with)
    assert refused(cloud_with, 'auto')[0] == 403
    assert refused(cloud_with, 'auto', min_count=2)[0] == 403


def test_a_network_service_that_is_away_is_a_503(cloud_with, neutron):  # noqa: F811
    server = boot(cloud_with)
    neutron.failing = {(method, collection): 503 for method in ('GET', 'POST', 'PUT', 'DELETE')
                       for collection in ('ports', 'networks', 'extensions', 'security-groups')}
    assert refused(cloud_with, 'auto')[0] == 503
    shown = cloud_with.show(server)
    assert (shown['status'], 'security_groups' in shown) == ('ACTIVE', False)
    assert cloud_with.api.get(f'/servers/{server}/os-interface', version='2.96').status == 503


def test_a_deletion_waits_for_the_network_service(cloud_with, neutron):  # noqa: F811
    server = boot(cloud_with)
    neutron.failing = {('DELETE', 'ports'): 503}
    cloud_with.api.delete(f'/servers/{server}')
    cloud_with.until(lambda: [req for req in neutron.requests if req.method == 'DELETE'])
    assert cloud_with.api.get(f'/servers/{server}').status == 200
    neutron.failing = {}
    cloud_with.wait_gone(server, seconds=40)
    assert neutron.tables['ports'] == {}


def test_a_build_that_dies_leaves_no_port(cloud_with, neutron, private):  # noqa: F811
    kept = neutron.add_port(private)
    cloud_with.faults('cmp1').add('spawn', 'fail', count=0)
    server = cloud_with.boot(networks=[{'uuid': private['id']}, {'port': kept['id']}])
    assert cloud_with.wait(server, seconds=60)['status'] == 'ERROR'
    assert list(neutron.tables['ports']) == [kept['id']]
    assert kept['device_id'] == ''


def test_a_host_that_cannot_plug_is_not_the_last_word(cloud_with, neutron):  # noqa: F811
    neutron.unbindable.add('cmp1')
    cloud_with.add_host('cmp2')
    server = cloud_with.boot(networks='auto')
    assert cloud_with.wait(server, seconds=60)['status'] == 'ACTIVE'
    port, = neutron.of_server(server)
    assert port['binding:host_id'] == 'cmp2'


def test_a_server_of_a_dead_host_gives_its_port_back_at_once(cloud_with, neutron):  # noqa: F811
    server = boot(cloud_with)
    cloud_with.api.put('/os-services/force-down', {'host': 'cmp1', 'binary': 'nova-compute', 'forced_down': True},
                       version='2.11')
    cloud_with.api.delete(f'/servers/{server}')
    cloud_with.wait_gone(server, seconds=40)
    assert neutron.tables['ports'] == {}
