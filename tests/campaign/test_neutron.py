# SPDX-License-Identifier: Apache-2.0
"""nova-api and nova-compute are killed at every crash point of their work with ports of a network service.

A server has the ports that were asked for, each once, on the host where it is; what nobody has any more is removed, and
a port that its user brought is given back.
"""
import pytest

from tests.campaign import crash_lab
from tests.campaign.crash_lab import MARKS, SETTLED, chosen, on_hosts, points
from tests.fixtures import neutron as network_service
from tests.fixtures import processes

pytestmark = MARKS


@pytest.fixture(scope='module')
def neutron():
    """A network service with one network of the project."""
    with network_service.serving(network_service.FakeNeutron()) as service:
        service.private = service.add_network('private', '10.0.0.0/24')
        yield service


@pytest.fixture(scope='module')
def shared_lab(tmp_path_factory, broker, mariadb, neutron):
    made = crash_lab.make_lab(tmp_path_factory.mktemp('campaign'), broker, mariadb, neutron_url=neutron.url)
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def as_the_lab(conf, neutron):
    conf.config(group='network', backend='neutron')
    conf.config(group='neutron', auth_type='none', endpoint_override=neutron.url, extension_sync_interval=0)


def assert_nothing_left(neutron):
    assert list(neutron.tables['ports'].values()) == []


def cards(campaign, server):
    """Return the ids of the ports that a server is shown to have."""
    found = campaign.nova.get(f'/servers/{server}/os-interface')['interfaceAttachments']
    return sorted(card['port_id'] for card in found)


def test_the_points_are_all_told_of():
    told = {'N1', 'N2', 'N3', 'N4', 'A1', 'M1', 'M2', 'S1'}
    assert {name.split('.')[1] for name, _service in points('neutron.')} == told


@pytest.mark.parametrize('name, service', chosen(points('neutron.N1', 'neutron.N2', 'neutron.N3'), 3))
def test_a_server_has_each_port_once_after_a_kill_at(campaign, neutron, name, service):
    brought = neutron.add_port(neutron.private)
    campaign.arm(name, service)
    server = campaign.nova.boot('vm', networks=[{'port': brought['id']}, {'uuid': neutron.private['id']}])
    campaign.revive(service)
    campaign.rest(server, 'ACTIVE')
    ports = neutron.of_server(server)
    assert len(ports) == len(neutron.tables['ports']) == 2
    assert brought['device_id'] == server
    assert cards(campaign, server) == sorted(port['id'] for port in ports)
    assert {port['binding:host_id'] for port in ports} == {campaign.host_of(server)}
    assert sorted(campaign.guest(server)['macs']) == sorted(port['mac_address'] for port in ports)
    campaign.remove(server)
    assert list(neutron.tables['ports']) == [brought['id']]
    assert (brought['device_id'], brought['binding:host_id']) == ('', '')
    del neutron.tables['ports'][brought['id']]


@pytest.mark.parametrize('name, service', points('neutron.N4'))
def test_no_port_is_left_after_a_kill_at(campaign, neutron, name, service):
    server = campaign.boot_active('vm')
    campaign.nova.post(f'/servers/{server}/os-interface', {'interfaceAttachment': {}})
    campaign.arm(name, service)
    campaign.nova.delete(f'/servers/{server}')
    campaign.revive(service)
    campaign.nova.wait_gone(server, SETTLED)
    campaign.assert_clean()
    assert_nothing_left(neutron)


@pytest.mark.parametrize('name, service', points('neutron.A1'))
def test_a_port_that_nobody_got_goes_after_a_kill_at(campaign, neutron, server, name, service):
    campaign.arm(name, service)
    assert campaign.ask(campaign.nova.post, f'/servers/{server}/os-interface', {'interfaceAttachment': {}}) is None
    campaign.revive(service)
    own, = cards(campaign, server)
    stray, = (port for port in neutron.of_server(server) if port['id'] != own)
    stray['created_at'] = '2026-01-01T00:00:00Z'
    campaign.nova.post(f'/servers/{server}/os-interface', {'interfaceAttachment': {}})
    processes.wait_for(lambda: len(campaign.guest(server)['macs']) == 2, 'second card', SETTLED)
    assert stray['id'] not in neutron.tables['ports']
    assert cards(campaign, server) == sorted(neutron.tables['ports'])
    campaign.assert_clean()


@pytest.mark.parametrize('name, service', on_hosts(points('neutron.M'), 'neutron.M'))
def test_the_ports_are_where_the_server_is_after_a_kill_at(campaign, neutron, server, name, service):
    campaign.arm(name, service)
    campaign.act(server, 'os-migrateLive', {'host': None, 'block_migration': 'auto'})
    campaign.revive(service)
    shown = campaign.rest(server, 'ACTIVE')
    port, = neutron.of_server(server)
    assert port['binding:host_id'] == shown['OS-EXT-SRV-ATTR:host']
    campaign.assert_clean()


@pytest.mark.parametrize('name, service', points('neutron.S1'))
def test_all_ports_can_be_given_a_group_after_a_kill_at(campaign, neutron, server, name, service):
    campaign.nova.post(f'/servers/{server}/os-interface', {'interfaceAttachment': {}})
    web = neutron.add_group('web')
    campaign.arm(name, service)
    assert campaign.act(server, 'addSecurityGroup', {'name': 'web'}) is None
    campaign.revive(service)
    campaign.nova.action(server, 'addSecurityGroup', {'name': 'web'})
    assert [web['id'] in port['security_groups'] for port in neutron.of_server(server)] == [True, True]
    campaign.assert_clean()
