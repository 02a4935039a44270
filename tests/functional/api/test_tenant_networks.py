# SPDX-License-Identifier: Apache-2.0
"""/os-tenant-networks until 2.35, and what is gone of it."""
import uuid

import pytest

PATH = '/os-tenant-networks'


@pytest.fixture
def network(api, cloud):
    def make(label, **values):
        network_id = str(uuid.uuid4())
        cloud.insert('networks', **{'uuid': network_id, 'label': label, 'cidr': '10.1.0.0/24', **values})
        return network_id
    return make


def test_three_fields_of_each_network_are_shown(api, network):
    mine, others = network('mine', project_id='demo'), network('others', project_id='other')
    six = network('six', cidr=None, cidr_v6='fd00::/64')
    demo = api.user('demo')
    shown = {'id': mine, 'cidr': '10.1.0.0/24', 'label': 'mine'}
    assert demo.get(PATH).json == {'networks': [shown, {'id': six, 'cidr': 'fd00::/64', 'label': 'six'}]}
    assert demo.get(f'{PATH}/{mine}', '2.35').json == {'network': shown}
    assert demo.get(f'{PATH}/{others}').status == demo.get(f'{PATH}/{uuid.uuid4()}').status == 404


def test_the_proxy_ends_with_2_35(api, network):
    network_id = network('private')
    for path in (PATH, f'{PATH}/{network_id}'):
        assert api.get(path, '2.36').fault[0] == 'itemNotFound'


@pytest.mark.parametrize('version', ['2.1', '2.36', '2.104'])
def test_what_made_networks_is_gone(api, network, version):
    network_id = network('private')
    for answer in (api.post(PATH, {'network': {'label': 'x'}}, version), api.delete(f'{PATH}/{network_id}', version)):
        assert (answer.status, *answer.json) == (410, 'computeFault')
