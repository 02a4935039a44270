# SPDX-License-Identifier: Apache-2.0
"""Who asks the metadata service: a guest is known by its address, or by what a trusted proxy signs; by nothing it says.

Rows G1 and G3 of the advisories that mini-Nova answers.
"""
import ipaddress
import json

import pytest
import webob

from mininova import objects
from mininova.network import metadata_peers
from tests.fixtures.metadata import PROJECT, proxy_headers, signature

# -- who asks -------------------------------------------------------------------------

def test_the_list_of_versions_is_for_everybody(service):
    assert service.get('/', '192.0.2.1').status_int == 200


def test_an_unknown_address_gets_nothing(guest, service):
    guest()
    for address in ('10.0.0.4', '10.0.0.2', '192.0.2.1', ''):
        assert service.get('/latest/meta-data/instance-id', address).status_int == 404


def test_each_guest_gets_its_own(guest, service):
    first, second = guest(), guest(hostname='vm2')
    assert service.get('/openstack/latest/meta_data.json', '10.0.0.3').json['uuid'] == first
    assert service.get('/openstack/latest/meta_data.json', '10.0.0.4').json['uuid'] == second


def test_an_ipv4_peer_of_an_ipv6_socket_is_known(guest, service):
    guest()
    assert service.get('/latest/meta-data/hostname', '::ffff:10.0.0.3').status_int == 200


def test_forwarded_for_is_not_believed(guest, service):
    guest()
    answer = service.get('/openstack/latest/meta_data.json', '192.0.2.9', headers={'X-Forwarded-For': '10.0.0.3'})
    assert answer.status_int == 404


@pytest.mark.parametrize('header', ['X-Instance-ID', 'X-Metadata-Provider', 'X-Instance-ID-Signature'])
def test_proxy_headers_are_refused_without_a_proxy(guest, service, header):
    guest()
    victim = guest()
    assert service.get('/latest/meta-data/instance-id', headers={header: victim}).status_int == 400


def test_a_reused_address_tells_the_new_guest_only_its_own(guest, service, context):
    first = guest()
    assert service.get('/openstack/latest/meta_data.json').json['uuid'] == first
    objects.VirtualInterfaceList.deallocate(context, first)
    assert service.get('/openstack/latest/meta_data.json').status_int == 404
    second = guest()
    assert service.get('/openstack/latest/meta_data.json').json['uuid'] == second


def test_a_proxy_that_knows_the_secret_names_the_guest(guest, service, proxied):
    instance_uuid = guest()
    answer = service.get('/openstack/latest/meta_data.json', '127.0.0.1', headers=proxy_headers(instance_uuid))
    assert answer.json['uuid'] == instance_uuid


def test_behind_a_proxy_the_address_means_nothing(guest, service, proxied):
    guest()
    assert service.get('/openstack/latest/meta_data.json').status_int == 400


@pytest.mark.parametrize('changes, status', [
    ({'X_Instance_ID_Signature': 'f' * 64}, 403), ({'X_Instance_ID_Signature': '\xff'}, 403),
    ({'X_Tenant_ID': 'b' * 32}, 404), ({'X_Tenant_ID': None}, 400), ({'X_Instance_ID': None}, 400),
    ({'X_Instance_ID_Signature': None}, 400)])
def test_a_proxied_request_must_be_complete_signed_and_of_the_right_project(guest, service, proxied, changes, status):
    headers = proxy_headers(guest(), **changes)
    assert service.get('/latest/meta-data/instance-id', '127.0.0.1', headers=headers).status_int == status


def test_another_instance_with_a_stolen_signature_is_refused(guest, service, proxied):
    mine, victim = guest(), guest()
    headers = proxy_headers(mine, X_Instance_ID=victim)
    assert service.get('/latest/meta-data/instance-id', '127.0.0.1', headers=headers).status_int == 403


def test_an_empty_secret_refuses_everything(guest, service, conf):
    conf.config(group='neutron', service_metadata_proxy=True, metadata_proxy_shared_secret='')
    instance_uuid = guest()
    headers = proxy_headers(instance_uuid, X_Instance_ID_Signature=signature(instance_uuid, ''))
    assert service.get('/latest/meta-data/instance-id', '127.0.0.1', headers=headers).status_int == 403


def test_a_repeated_header_is_a_bad_request(guest, service, proxied):
    mine, victim = guest(), guest()
    headers = proxy_headers(mine, X_Instance_ID=f'{mine},{victim}')
    assert service.get('/latest/meta-data/instance-id', '127.0.0.1', headers=headers).status_int == 400
    request = webob.Request.blank('/latest', environ={'headers_raw': [('X-Tenant-ID', 'a'), ('x-tenant-id', 'b')]})
    assert request.get_response(service.application).status_int == 400




# -- IPv6 -----------------------------------------------------------------------------

def link_local(mac):
    octets = bytes.fromhex(mac.replace(':', ''))
    identifier = bytes([octets[0] ^ 2]) + octets[1:3] + b'\xff\xfe' + octets[3:]
    return str(ipaddress.IPv6Address(b'\xfe\x80' + bytes(6) + identifier))


@pytest.fixture
def cards(context):
    """Function that gives the MAC of a guest's card."""
    return lambda uuid: objects.VirtualInterfaceList.get_by_instance_uuid(context, uuid).objects[0].address


def test_a_link_local_peer_is_the_guest_whose_card_it_is(guest, service, cards):
    first, second = guest(), guest()
    for uuid in (first, second):
        for zone in ('', '%br100'):
            found = service.get('/openstack/latest/meta_data.json', link_local(cards(uuid)) + zone)
            assert found.json['uuid'] == uuid


@pytest.mark.parametrize('address', ['fe80::1', 'fe80::f816:3eff:fe00:1', 'fe80::a9fe:a9fe', '::1', '::'])
def test_other_link_local_peers_get_nothing(guest, service, address):
    guest()
    assert service.get('/latest/meta-data/instance-id', address).status_int == 404


def test_a_global_address_made_of_the_card_counts_if_the_guest_was_given_it(guest, service, cards, change_instance,
                                                                           admin):
    uuid = guest()
    address = link_local(cards(uuid)).replace('fe80::', '2001:db8::')
    assert service.get('/latest/meta-data/instance-id', address).status_int == 404
    info = objects.Instance.get_by_uuid(admin, uuid).get_network_info()
    info[0]['network']['subnets'][0]['ips'].append({'address': address, 'version': 6, 'type': 'fixed', 'meta': {},
                                                    'floating_ips': []})
    change_instance(uuid, network_info=json.loads(info.json()))
    assert service.get('/openstack/latest/meta_data.json', address).json['uuid'] == uuid
    assert service.get('/latest/meta-data/instance-id', address.replace('2001:', '2002:')).status_int == 404


def test_a_card_that_was_taken_away_is_nobody(guest, service, cards, context):
    uuid = guest()
    address = link_local(cards(uuid))
    assert service.get('/latest/meta-data/instance-id', address).status_int == 200
    objects.VirtualInterfaceList.deallocate(context, uuid)
    assert service.get('/latest/meta-data/instance-id', address).status_int == 404


# -- behind a load balancer -----------------------------------------------------------

PROVIDER = 'edge-1'
PROVIDER_HEADERS = {'X-Metadata-Provider': PROVIDER, 'X-Metadata-Provider-Signature': signature(PROVIDER),
                    'X-Forwarded-For': '10.0.0.3'}


class Neutron:
    """A network service with ports of two networks; another provider has the same addresses."""

    subnets = {PROVIDER: ['n1', 'n2'], 'edge-2': ['n3']}

    def __init__(self, owners):
        self.ports = [{'network_id': network, 'ip': '10.0.0.3', 'device_id': uuid, 'tenant_id': project}
                      for network, uuid, project in owners]

    def list_subnets(self, advanced_service_providers, fields):
        return [{'network_id': network} for provider in advanced_service_providers
                for network in self.subnets.get(provider, [])]

    def list_ports(self, fixed_ips, network_id, fields):
        return [port for port in self.ports if port['network_id'] in network_id
                and fixed_ips == f'ip_address={port["ip"]}']

    def get_security_group_names(self, context, instance):
        return []

    def find_metadata_client(self, context, provider_id, address):
        return metadata_peers.find_client(self.list_subnets, self.list_ports, provider_id, address)


@pytest.fixture
def neutron(service):
    """Function that gives the service a network service."""
    def use(*owners):
        service.application._network_api = Neutron(owners)
        return service.application._network_api
    return use


def ask(service, **changes):
    headers = {**PROVIDER_HEADERS, **{name.replace('_', '-'): value for name, value in changes.items()}}
    return service.get('/openstack/latest/meta_data.json', '192.0.2.7',
                       headers={name: value for name, value in headers.items() if value is not None})


def test_a_load_balancer_names_a_guest_by_its_own_id_and_the_guests_address(guest, service, proxied, neutron):
    mine, other = guest(), guest()
    neutron(('n1', mine, PROJECT), ('n3', other, PROJECT))
    assert ask(service).json['uuid'] == mine
    assert ask(service, X_Forwarded_For='10.0.0.3, 192.0.2.1').json['uuid'] == mine
    headers = {'X_Metadata_Provider': 'edge-2', 'X_Metadata_Provider_Signature': signature('edge-2')}
    assert ask(service, **headers).json['uuid'] == other


@pytest.mark.parametrize('changes, status', [
    ({'X_Metadata_Provider_Signature': 'f' * 64}, 403), ({'X_Metadata_Provider_Signature': None}, 400),
    ({'X_Metadata_Provider_Signature': signature('edge-2')}, 403), ({'X_Forwarded_For': None}, 400),
    ({'X_Forwarded_For': '10.0.0.9'}, 400), ({'X_Forwarded_For': 'vm1'}, 400),
    ({'X_Forwarded_For': '10.0.0.3&device_id=x'}, 400), ({'X_Metadata_Provider': 'edge-1,edge-2'}, 400),
    ({'X_Metadata_Provider': 'edge-9', 'X_Metadata_Provider_Signature': signature('edge-9')}, 400)])
def test_a_load_balancer_must_sign_and_be_right(guest, service, proxied, neutron, changes, status):
    neutron(('n1', guest(), PROJECT))
    assert ask(service, **changes).status_int == status


def test_two_ports_with_that_address_are_nobody(guest, service, proxied, neutron):
    neutron(('n1', guest(), PROJECT), ('n2', guest(), PROJECT))
    assert ask(service).status_int == 400


def test_the_port_must_be_of_the_guests_project(guest, service, proxied, neutron):
    neutron(('n1', guest(), 'b' * 32))
    assert ask(service).status_int == 404


def test_without_a_secret_no_load_balancer_is_believed(guest, service, conf, neutron):
    conf.config(group='neutron', service_metadata_proxy=True)
    neutron(('n1', guest(), PROJECT))
    assert ask(service).status_int == 403
    assert ask(service, X_Metadata_Provider_Signature=signature(PROVIDER, '')).status_int == 403


def test_the_built_in_network_has_no_load_balancers(guest, service, proxied, rpc):
    guest()
    assert ask(service).status_int == 400


def test_who_asks_is_found_out_each_time(guest, service, proxied, neutron, conf):
    """G5: what is kept is kept by guest, not by what the request says."""
    conf.config(group='api', metadata_cache_expiration=60)
    first, second = guest(), guest()
    neutron(('n1', first, PROJECT))
    assert ask(service).json['uuid'] == first
    neutron(('n1', second, PROJECT))
    assert ask(service).json['uuid'] == second


def test_a_project_that_was_checked_once_is_checked_again(guest, service, proxied, conf):
    """G1: what is kept for the owner is not for others."""
    conf.config(group='api', metadata_cache_expiration=60)
    uuid = guest()
    assert service.get('/latest/meta-data/', '127.0.0.1', headers=proxy_headers(uuid)).status_int == 200
    stolen = proxy_headers(uuid, project='b' * 32)
    assert service.get('/latest/meta-data/', '127.0.0.1', headers=stolen).status_int == 404
    assert service.get('/openstack/latest/password', '127.0.0.1', headers=stolen).status_int == 404


def test_a_signed_id_that_is_no_uuid_is_nobody(guest, service, proxied):
    guest()
    for odd in ("' OR 1=1", 'x' * 300, '0', 'i-00000001'):
        assert service.get('/latest', '127.0.0.1', headers=proxy_headers(odd)).status_int == 404
