# SPDX-License-Identifier: Apache-2.0
"""/servers/{id}/os-interface on records: bodies, versions, states, what is written before the message."""
import pytest

from mininova import exception, objects, rpc
from mininova.compute import power_state, state_machine, vm_states

UNKNOWN = '99999999-9999-4999-8999-999999999999'


@pytest.fixture
def network(lab):
    return lab.network(addresses=4)


@pytest.fixture
def server(lab, demo, edge, network):
    """A server with one card, on a host that is up."""
    lab.host()
    uuid = lab.server(demo, version='2.37')
    give_card(lab, uuid)
    edge.sent.clear()
    edge.answers['attach_interface'] = None
    return uuid


def give_card(lab, uuid, **request):
    instance = lab.instance(uuid)
    network = objects.NetworkList.get_all(lab.admin)[0]
    record = objects.InstanceAction.pack_start(lab.admin, uuid, 'create', UNKNOWN)
    port = objects.VirtualInterface.reserve(lab.admin, uuid, instance.host, {
        'network_id': network.id, 'address': None, 'tag': None, **request}, {}, record)
    objects.VirtualInterface.complete(lab.admin, uuid, port, 'attaching', [], instance.host)
    return port


def path(uuid, port=None):
    return f'/servers/{uuid}/os-interface' + (f'/{port}' if port else '')


def attach(client, uuid, version='2.104', **body):
    return client.post(path(uuid), {'interfaceAttachment': body}, version)


def ports(uuid, client):
    return client.get(path(uuid)).json['interfaceAttachments']


def test_cards_are_listed_and_shown(server, demo, network):
    card, = ports(server, demo)
    assert set(card) == {'net_id', 'port_id', 'mac_addr', 'port_state', 'fixed_ips'}
    assert (card['net_id'], card['port_state']) == (network, 'ACTIVE')
    assert [set(address) for address in card['fixed_ips']] == [{'subnet_id', 'ip_address'}]
    assert demo.get(path(server, card['port_id'])).json == {'interfaceAttachment': card}


@pytest.mark.parametrize(('version', 'shown'), [('2.1', False), ('2.69', False), ('2.70', True), ('2.104', True)])
def test_the_tag_is_shown_from_2_70(server, demo, lab, version, shown):
    port = give_card(lab, server, tag='backup')
    card = demo.get(path(server, port), version).json['interfaceAttachment']
    assert card.get('tag') == ('backup' if shown else None) and ('tag' in card) is shown
    assert ['tag' in one for one in demo.get(path(server), version).json['interfaceAttachments']] == [shown] * 2


def test_a_card_of_a_guest_without_power_is_down(server, demo, lab):
    lab.settle(server, power_state=power_state.SHUTDOWN, vm_state=vm_states.STOPPED)
    assert ports(server, demo)[0]['port_state'] == 'DOWN'


def test_a_card_is_reserved_and_recorded_before_the_host_hears_of_it(server, lab, demo, edge, network):
    answer = attach(demo, server, net_id=network, tag='nic2')
    assert answer.status == 200
    card = answer.json['interfaceAttachment']
    message, = edge.sent
    record = lab.actions(server)[0]
    assert (message.method, message.server, message.port_id) == ('attach_interface', 'cmp1', card['port_id'])
    assert (record.action, record.arguments, record.action_id) == (
        'attach_interface', {'port_id': card['port_id']}, message.action_id)
    assert (lab.instance(server).task_state, card['tag']) == (None, 'nic2')
    assert objects.VirtualInterface.get_by_uuid(lab.admin, card['port_id']).task == 'attaching'


@pytest.mark.parametrize('body', [{}, {'interfaceAttachment': {}}])
def test_without_a_network_the_only_one_is_meant(server, demo, network, body):
    answer = demo.post(path(server), body)
    assert answer.status == 200, answer.body
    assert answer.json['interfaceAttachment']['net_id'] == network


def test_which_of_several_networks_must_be_said(server, lab, demo):
    lab.network('other', '10.5.0.0/24')
    name, text = attach(demo, server).fault
    assert (name, 'More than one possible network' in text) == ('badRequest', True)


def test_a_project_without_networks_has_none_to_attach(lab, demo, edge):
    lab.host()
    uuid = lab.server(demo, version='2.37')
    assert attach(demo, uuid).fault == (
        'badRequest', "No specific network was requested and none are available for project 'demo-project'.")


def test_an_address_may_be_wished_for(server, demo, network):
    card = attach(demo, server, net_id=network, fixed_ips=[{'ip_address': '10.0.0.4'}]).json['interfaceAttachment']
    assert [address['ip_address'] for address in card['fixed_ips']] == ['10.0.0.4']
    assert attach(demo, server, net_id=network, fixed_ips=[{'ip_address': '10.0.0.4'}]).fault == (
        'conflictingRequest', 'Fixed IP address 10.0.0.4 is already in use.')
    assert attach(demo, server, net_id=network, fixed_ips=[{'ip_address': '10.9.0.4'}]).fault[0] == 'badRequest'


def test_what_is_not_there(server, demo, api, lab):
    assert attach(demo, server, net_id=UNKNOWN).fault == (
        'itemNotFound', f'Network {UNKNOWN} could not be found.')
    assert attach(demo, server, port_id=UNKNOWN).fault == ('itemNotFound', f'Port {UNKNOWN} could not be found.')
    port = ports(server, demo)[0]['port_id']
    assert attach(demo, server, port_id=port).fault == ('conflictingRequest', f'Port {port} is still in use.')
    for answer in (demo.get(path(server, UNKNOWN)), demo.delete(path(server, UNKNOWN))):
        assert answer.status == 404 and UNKNOWN in answer.fault[1]
    for answer in (demo.get(path(UNKNOWN)), demo.get(path(UNKNOWN, port)), attach(demo, UNKNOWN),
                   demo.delete(path(UNKNOWN, port))):
        assert answer.fault == ('itemNotFound', f'Instance {UNKNOWN} could not be found.')


def test_cards_of_others_are_not_there(server, api, demo, lab):
    other = api.user('eve', 'eve-project')
    port = ports(server, demo)[0]['port_id']
    for answer in (other.get(path(server)), other.get(path(server, port)), attach(other, server),
                   other.delete(path(server, port))):
        assert answer.status == 404
    mine = lab.server(other, version='2.37')
    assert attach(other, mine, port_id=port).fault == ('itemNotFound', f'Port {port} could not be found.')
    assert other.get(path(mine, port)).status == 404
    assert other.delete(path(mine, port)).status == 404


WRONG = [{'net_id': 'x'}, {'port_id': 'x'}, {'net_id': UNKNOWN, 'port_id': UNKNOWN}, {'unknown': 1},
         {'fixed_ips': [{'ip_address': '10.0.0.4'}]}, {'net_id': UNKNOWN, 'fixed_ips': []},
         {'net_id': UNKNOWN, 'fixed_ips': [{'ip_address': '300.0.0.1'}]},
         {'net_id': UNKNOWN, 'fixed_ips': [{'ip_address': '10.0.0.4'}] * 2}, {'net_id': UNKNOWN, 'fixed_ips': [{}]}]


@pytest.mark.parametrize('version', ['2.1', '2.48', '2.49', '2.104'])
def test_bodies_that_are_refused(server, demo, edge, version):
    for body in WRONG:
        assert attach(demo, server, version, **body).fault[0] == 'badRequest', body
    assert attach(demo, server, version, tag='a,b').fault[0] == 'badRequest'
    assert demo.post(path(server), {'interfaceAttachment': {}, 'x': 1}, version).status == 400
    assert edge.sent == []


def test_a_tag_is_known_from_2_49(server, demo, network):
    assert attach(demo, server, '2.48', net_id=network, tag='t').status == 400
    assert attach(demo, server, '2.49', net_id=network, tag='t').status == 200


@pytest.mark.parametrize('name', ['attach_interface', 'detach_interface'])
def test_the_table_decides_in_which_state(server, lab, demo, network, name):
    port = ports(server, demo)[0]['port_id']

    def ask():
        return (attach(demo, server, net_id=network) if name == 'attach_interface'
                else demo.delete(path(server, port)))
    for vm_state in [state for state in vm_states.ALL if state not in ('deleted', *state_machine.ACTIONS[name].vm_states
                                                                       )]:
        lab.settle(server, vm_state=vm_state, task_state=None)
        assert ask().fault == (
            'conflictingRequest', f"Cannot '{name}' instance {server} while it is in vm_state {vm_state}")
    lab.settle(server, vm_state=vm_states.ACTIVE, task_state='rebooting')
    assert ask().fault == (
        'conflictingRequest', f"Cannot '{name}' instance {server} while it is in task_state rebooting")
    assert len(lab.actions(server)) == 2, 'nothing is recorded of what was refused'
    for vm_state in sorted(state_machine.ACTIONS[name].vm_states):
        lab.settle(server, vm_state=vm_state, task_state=None)
        if name == 'attach_interface':
            assert ask().status == 200, vm_state


def test_of_two_actions_that_were_both_checked_one_wins(server, lab, demo, network, monkeypatch):
    real = state_machine.check

    def late(name, instance):
        rule = real(name, instance)
        lab.settle(server, task_state='rebooting')
        return rule
    monkeypatch.setattr(state_machine, 'check', late)
    assert 'rebooting' in attach(demo, server, net_id=network).fault[1]
    assert len(ports(server, demo)) == 1


def test_a_lock_keeps_members_out(server, lab, demo, api, network):
    port = ports(server, demo)[0]['port_id']
    lab.settle(server, locked=True, locked_by='owner')
    for answer in (attach(demo, server, net_id=network), demo.delete(path(server, port))):
        assert answer.fault == ('conflictingRequest', f'Instance {server} is locked')
    assert api.delete(path(server, port)).status == 202


@pytest.mark.parametrize(('error', 'status'), [
    (exception.InterfaceAttachFailed(instance_uuid='x'), 500), (exception.NoMoreFixedIps(net='x'), 400),
    (exception.AttachInterfaceNotSupported(instance_uuid='x'), 400), (rpc.MessagingTimeout('t'), 503),
    (exception.NetworkInterfaceTaggedAttachNotSupported(), 400), (rpc.MessagingException('no bus'), 503),
    (exception.InstanceInvalidState(attr='vm_state', instance_uuid='x', state='error', method='m'), 409)])
def test_what_the_host_says_is_what_the_caller_hears(server, demo, edge, network, error, status):
    edge.answers['attach_interface'] = error
    answer = attach(demo, server, net_id=network)
    assert answer.status == status and answer.fault


def test_a_host_that_is_down_is_not_asked_and_nothing_is_reserved(server, lab, demo, edge, network):
    lab.settle(server, host='gone')
    assert attach(demo, server, net_id=network).fault[0] == 'serviceUnavailable'
    assert (len(ports(server, demo)), edge.sent) == (1, [])


def test_a_pool_without_addresses(server, lab, demo, network):
    for _number in range(3):
        assert attach(demo, server, net_id=network).status == 200
    assert attach(demo, server, net_id=network).fault == (
        'badRequest', f'No fixed IP addresses available for network: {network}')
    assert len(ports(server, demo)) == 4


def test_a_server_can_have_so_many_cards(server, lab, demo):
    big = lab.network('big', '10.7.0.0/24', addresses=40)
    answers = [attach(demo, server, net_id=big).status for _number in range(24)]
    assert answers == [200] * 23 + [403]
    assert 'Maximum number of ports exceeded' in attach(demo, server, net_id=big).fault[1]


def test_a_card_is_condemned_once(server, lab, demo, edge):
    port = ports(server, demo)[0]['port_id']
    answer = demo.delete(path(server, port))
    assert (answer.status, answer.body) == (202, b'')
    message, = edge.sent
    record = lab.actions(server)[0]
    assert (message.method, message.port_id, message.action_id) == ('detach_interface', port, record.action_id)
    assert (record.action, record.arguments) == ('detach_interface', {'port_id': port})
    assert ports(server, demo)[0]['port_state'] == 'DOWN'
    assert demo.delete(path(server, port)).status == 404


def test_a_broken_message_bus_does_not_lose_a_detachment(server, lab, demo, edge):
    port = ports(server, demo)[0]['port_id']
    edge.broken = rpc.MessagingException('no bus')
    assert demo.delete(path(server, port)).status == 202
    assert objects.VirtualInterface.get_by_uuid(lab.admin, port).task == 'detaching'


def test_nothing_can_be_put(server, demo):
    assert demo.put(path(server, UNKNOWN), {}).status == 404


def test_unknown_query_keys(server, demo):
    assert demo.get(path(server) + '?x=1', '2.101').status == 200
    assert demo.get(path(server) + '?x=1', '2.102').fault[0] == 'badRequest'


# -- addFixedIp and removeFixedIp ------------------------------------------------------------


@pytest.mark.parametrize('body', [{'addFixedIp': {'networkId': UNKNOWN}}, {'removeFixedIp': {'address': '10.0.0.2'}}])
def test_addresses_change_until_2_43(server, demo, body):
    assert demo.post(f'/servers/{server}/action', body, '2.43').status != 404 or 'Network' in demo.post(
        f'/servers/{server}/action', body, '2.43').fault[1]
    assert demo.post(f'/servers/{server}/action', body, '2.44').fault == (
        'itemNotFound', 'The resource could not be found.')


@pytest.mark.parametrize('body', [
    {'addFixedIp': None}, {'addFixedIp': {}}, {'addFixedIp': {'networkId': ''}},
    {'addFixedIp': {'networkId': 'x' * 37}}, {'addFixedIp': {'networkId': UNKNOWN, 'x': 1}},
    {'removeFixedIp': {}}, {'removeFixedIp': {'address': 'x'}}])
def test_addresses_that_make_no_sense(server, demo, body):
    assert demo.post(f'/servers/{server}/action', body, '2.1').fault[0] == 'badRequest'


def test_an_address_is_taken_before_the_host_hears_of_it(server, lab, demo, edge, network):
    answer = demo.post(f'/servers/{server}/action', {'addFixedIp': {'networkId': network}}, '2.43')
    assert (answer.status, answer.body, edge.methods) == (202, b'', ['refresh_interface'])
    assert len(ports(server, demo)[0]['fixed_ips']) == 2
    assert [record.action for record in lab.actions(server)] == ['create', 'create'], 'Nova records none either'


def test_an_address_of_a_server_on_no_host_is_just_written(server, lab, demo, edge, network):
    lab.settle(server, host=None, node=None, vm_state=vm_states.SHELVED_OFFLOADED)
    assert demo.post(f'/servers/{server}/action', {'addFixedIp': {'networkId': network}}, '2.43').status == 202
    assert edge.sent == []
    assert len(lab.instance(server).get_network_info().fixed_ips()) == 2
