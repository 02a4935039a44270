# SPDX-License-Identifier: Apache-2.0
"""/os-networks until 2.35, and what is gone of it."""
import uuid

import pytest

PATH = '/os-networks'
FIELDS = {'id', 'cidr', 'netmask', 'gateway', 'broadcast', 'dns1', 'dns2', 'cidr_v6', 'gateway_v6', 'label',
          'netmask_v6'}
ADMIN_FIELDS = {'created_at', 'updated_at', 'deleted_at', 'deleted', 'injected', 'bridge', 'vlan', 'vpn_public_address',
                'vpn_public_port', 'vpn_private_address', 'dhcp_start', 'project_id', 'host', 'bridge_interface',
                'multi_host',
                'priority', 'rxtx_base', 'mtu', 'dhcp_server', 'enable_dhcp', 'share_address'}


@pytest.fixture
def network(api, cloud):
    def make(label, **values):
        network_id = str(uuid.uuid4())
        cloud.insert('networks', **{'uuid': network_id, 'label': label, 'cidr': '10.1.0.0/24', 'gateway': '10.1.0.1',
                                    'bridge': 'br100', 'dns1': '9.9.9.9', 'mtu': 1450, 'dhcp_start': '10.1.0.3',
                                    **values})
        return network_id
    return make


def test_users_see_what_they_need_to_choose(api, network):
    network_id = network('private')
    expected = {'id': network_id, 'label': 'private', 'cidr': '10.1.0.0/24', 'netmask': '255.255.255.0',
                'gateway': '10.1.0.1',
                'broadcast': '10.1.0.255', 'dns1': '9.9.9.9', 'dns2': None, 'cidr_v6': None, 'gateway_v6': None,
                'netmask_v6': None}
    demo = api.user('demo')
    assert demo.get(PATH).json == {'networks': [expected]}
    assert demo.get(f'{PATH}/{network_id}', '2.35').json == {'network': expected}


def test_administrators_see_all(api, network):
    network_id = network('private', cidr_v6='fd00::/64', gateway_v6='fd00::1')
    shown = api.get(f'{PATH}/{network_id}').json['network']
    assert set(shown) == FIELDS | ADMIN_FIELDS
    assert (shown['bridge'], shown['mtu'], shown['enable_dhcp'], shown['multi_host'], shown['netmask_v6'],
            shown['deleted']) == (
        'br100', 1450, True, True, '64', False)


def test_networks_of_other_projects_do_not_exist(api, network):
    common, mine, others = network('common'), network('mine', project_id='demo'), network('others', project_id='other')
    demo = api.user('demo')
    assert {shown['id'] for shown in demo.get(PATH).json['networks']} == {common, mine}
    assert demo.get(f'{PATH}/{others}').fault[0] == 'itemNotFound'
    assert len(api.get(PATH).json['networks']) == 3
    assert api.get(f'{PATH}/{others}').status == 200


def test_the_proxy_ends_with_2_35(api, network):
    network_id = network('private')
    for path in (PATH, f'{PATH}/{network_id}'):
        assert api.get(path, '2.35').status == 200
        assert api.get(path, '2.36').fault[0] == 'itemNotFound'
        assert api.get(f'{path}?colour=red').status == 200


@pytest.mark.parametrize('odd', ['0', '-1', str(2 ** 63), 'private', '%00', 'x' * 300, '%f0%9f%98%80',
                                 str(uuid.uuid4())])
def test_odd_ids_are_not_found(api, network, odd):
    network('private')
    assert api.get(f'{PATH}/{odd}').status == 404


@pytest.mark.parametrize('version', ['2.1', '2.35', '2.36', '2.104'])
def test_what_made_networks_is_gone_at_every_version(api, version):
    answers = [api.post(PATH, {'network': {'label': 'x'}}, version), api.post(f'{PATH}/add', {'id': 'x'}, version),
               api.delete(f'{PATH}/x', version)]
    answers += [api.post(f'{PATH}/x/action', {name: None}, version) for name in
                ('disassociate', 'disassociate_host', 'disassociate_project', 'associate_host')]
    assert [answer.fault[0] for answer in answers] == ['computeFault'] * 7
    assert {answer.status for answer in answers} == {410}
    assert api.post(f'{PATH}/x/action', {'unknown': None}, version).status == 400
