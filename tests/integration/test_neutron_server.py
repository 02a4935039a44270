# SPDX-License-Identifier: Apache-2.0
"""The backend `neutron` with a real Neutron server: ports, bindings, groups, addresses, and what it refuses.

Its agents are not here: the server believes that the hosts have one of Open vSwitch.  The guests are fake.
"""
import pytest

from mininova import context, objects
from mininova.network.neutron import client
from tests.fixtures.api_client import api, cloud  # noqa: F401
from tests.fixtures.neutron_server import neutron_server  # noqa: F401
from tests.fixtures.whole_cloud import whole  # noqa: F401

pytestmark = [pytest.mark.needs('mariadb'), pytest.mark.thorough, pytest.mark.timeout(900)]


@pytest.fixture
def neutron(neutron_server, conf):  # noqa: F811
    """The network service of this test's cloud, which has nothing from other tests."""
    conf.config(group='network', backend='neutron')
    conf.config(group='neutron', auth_type='none', endpoint_override=neutron_server.url)
    conf.config(vif_plugging_timeout=0)
    asked = Asked()
    yield asked
    asked.clear()


class Asked:
    """The network service as an operator uses it; ``project`` is that of the tests' user."""

    project = 'admin'

    def __init__(self):
        self.client, self.context = client.Client(), context.get_admin_context()

    def network(self, name, cidr, **values):
        network = self.client.create(self.context, 'networks', 'network',
                                     {'name': name, 'tenant_id': self.project, **values})
        self.client.create(self.context, 'subnets', 'subnet', {
            'network_id': network['id'], 'cidr': cidr, 'ip_version': 4, 'tenant_id': self.project})
        return network

    def port(self, network, **values):
        return self.client.create(self.context, 'ports', 'port', {'network_id': network['id'],
                                                                  'tenant_id': self.project, **values})

    def ports(self, **filters):
        return self.client.list(self.context, 'ports', **filters)

    def clear(self):
        for name in ('floatingips', 'ports'):
            for row in self.client.list(self.context, name):
                if not row.get('device_owner', '').startswith('network:'):
                    self.client.delete(self.context, name, row['id'])
        for router in self.client.list(self.context, 'routers'):
            for port in self.ports(device_id=router['id'], device_owner='network:router_interface'):
                self.client.request(self.context, 'PUT', f'routers/{router["id"]}/remove_router_interface',
                                    body={'port_id': port['id']})
            self.client.delete(self.context, 'routers', router['id'])
        for network in self.client.list(self.context, 'networks'):
            self.client.delete(self.context, 'networks', network['id'])


def boot(whole, networks, **body):  # noqa: F811
    server = whole.boot(networks=networks, **body)
    assert whole.wait(server, seconds=60)['status'] == 'ACTIVE', whole.show(server)
    return server


def test_a_server_and_its_ports(neutron, whole):  # noqa: F811
    private = neutron.network('private', '10.0.0.0/24')
    other = neutron.network('other', '10.1.0.0/24')
    brought = neutron.port(other)
    group = whole.api.post('/os-security-groups', {'security_group': {'name': 'web', 'description': ''}}).json[
        'security_group']
    rule = {'parent_group_id': group['id'], 'ip_protocol': 'tcp', 'from_port': 80, 'to_port': 80, 'cidr': '0.0.0.0/0'}
    assert whole.api.post('/os-security-group-rules', {'security_group_rule': rule}).status == 200
    server = boot(whole, [{'uuid': private['id'], 'fixed_ip': '10.0.0.50', 'tag': 'first'}, {'port': brought['id']}],
                  security_groups=[{'name': 'web'}])
    found = {port['id']: port for port in neutron.ports(device_id=server)}
    made = next(port for port in found.values() if port['id'] != brought['id'])
    assert {port['binding:host_id'] for port in found.values()} == {'cmp1'}
    assert {port['binding:vif_type'] for port in found.values()} == {'ovs'}
    assert made['security_groups'] == [group['id']]
    shown = whole.show(server)
    assert shown['addresses']['private'][0]['addr'] == '10.0.0.50'
    assert {entry['name'] for entry in shown['security_groups']} == {'default', 'web'}
    assert whole.act(server, {'removeSecurityGroup': {'name': 'web'}}).status == 202
    assert whole.api.delete(f'/os-security-groups/{group["id"]}').status == 202

    answer = whole.api.post(f'/servers/{server}/os-interface', {'interfaceAttachment': {'net_id': other['id']}},
                            version='2.96')
    assert answer.status == 200, answer.body
    card = answer.json['interfaceAttachment']
    assert whole.act(server, {'addFixedIp': {'networkId': private['id']}}, version='2.1').status == 202
    whole.until(lambda: len(whole.show(server)['addresses']['private']) == 2, seconds=30)
    assert whole.api.delete(f'/servers/{server}/os-interface/{card["port_id"]}').status == 202
    whole.until(lambda: len(neutron.ports(device_id=server)) == 2, seconds=30)

    whole.api.delete(f'/servers/{server}')
    whole.wait_gone(server, seconds=30)
    left, = neutron.ports()
    assert (left['id'], left['device_id'], left['binding:host_id']) == (brought['id'], '', '')


def test_a_live_migration_has_two_bindings(neutron, whole):  # noqa: F811
    whole.add_host('cmp2')
    server = boot(whole, [{'uuid': neutron.network('private', '10.0.0.0/24')['id']}])
    instance = objects.Instance.get_by_uuid(whole.admin, server)
    network_api = whole.hosts['cmp2'].manager.parts.network_api
    for _repeat in range(2):
        vif, = network_api.prepare_instance_on_host(whole.admin, instance, 'cmp2')
        assert vif['type'] == 'ovs'
    port, = neutron.ports(device_id=server)
    assert port['binding:host_id'] == 'cmp1'
    bindings = neutron.client.list(neutron.context, f'ports/{port["id"]}/bindings')
    assert {(entry['host'], entry['status']) for entry in bindings} == {('cmp1', 'ACTIVE'), ('cmp2', 'INACTIVE')}
    answer = whole.act(server, {'os-migrateLive': {'host': 'cmp2', 'block_migration': 'auto'}}, version='2.96')
    assert answer.status == 202, answer.body
    assert whole.wait(server, seconds=60)['OS-EXT-SRV-ATTR:host'] == 'cmp2'
    assert neutron.ports(device_id=server)[0]['binding:host_id'] == 'cmp2'
    whole.until(lambda: len(neutron.client.list(neutron.context, f'ports/{port["id"]}/bindings')) == 1, seconds=30)


def test_a_host_without_an_agent_cannot_plug(neutron, whole):  # noqa: F811
    whole.add_host('no-agent')
    private = neutron.network('private', '10.0.0.0/24')
    server = whole.boot(networks=[{'uuid': private['id']}], availability_zone='nova:no-agent')
    shown = whole.wait(server, seconds=60)
    assert shown['status'] == 'ERROR'
    assert neutron.ports() == []


def test_what_it_refuses_is_refused_as_nova_does(neutron, whole):  # noqa: F811
    private = neutron.network('private', '10.0.0.0/24')
    taken = neutron.port(private)['fixed_ips'][0]['ip_address']

    def status(networks, version='2.96'):
        return whole.api.post('/servers', {'server': {
            'name': 'x', 'flavorRef': '1', 'imageRef': whole.image, 'networks': networks}}, version=version).status
    assert status([{'uuid': private['id'], 'fixed_ip': taken}]) == 400
    assert status([{'uuid': private['id'], 'fixed_ip': '10.9.9.9'}]) == 400
    assert status([{'uuid': '11111111-2222-4333-8444-555555555555'}]) == 400
    assert status([{'port': '11111111-2222-4333-8444-555555555555'}]) == 400
    neutron.client.update(neutron.context, 'quotas', 'admin', 'quota', {'port': 1})
    try:
        assert status([{'uuid': private['id']}]) == 403
    finally:
        neutron.client.delete(neutron.context, 'quotas', 'admin')
    neutron.network('second', '10.2.0.0/24')
    assert status('auto') == 409


def test_a_floating_address(neutron, whole):  # noqa: F811
    public = neutron.network('public', '203.0.113.0/24', **{'router:external': True})
    private = neutron.network('private', '10.0.0.0/24')
    router = neutron.client.create(neutron.context, 'routers', 'router', {
        'tenant_id': 'admin', 'external_gateway_info': {'network_id': public['id']}})
    subnet, = neutron.client.list(neutron.context, 'subnets', network_id=private['id'])
    neutron.client.request(neutron.context, 'PUT', f'routers/{router["id"]}/add_router_interface',
                           body={'subnet_id': subnet['id']})
    server = boot(whole, 'auto')
    made = whole.api.post('/os-floating-ips', {'pool': 'public'})
    assert made.status == 200, made.body
    address = made.json['floating_ip']['ip']
    assert whole.act(server, {'addFloatingIp': {'address': address}}, version='2.1').status == 202
    whole.api.post('/os-server-external-events', {'events': [{'name': 'network-changed', 'server_uuid': server}]})
    whole.until(lambda: address in [one['addr'] for one in whole.show(server)['addresses']['private']], seconds=30)
    assert whole.act(server, {'removeFloatingIp': {'address': address}}, version='2.1').status == 202
    assert whole.api.delete(f'/os-floating-ips/{made.json["floating_ip"]["id"]}').status == 202
