# SPDX-License-Identifier: Apache-2.0
"""What can be read, at every microversion with a record of each kind: the schemas of answers are compared with it."""
import datetime

import pytest
from oslo_utils import timeutils, uuidutils

from mininova import context
from mininova.api.openstack import api_version_request as versions
from mininova.image import api as image_api
from tests.functional.api import hosts

NEWEST = int(versions.max_api_version().ver_minor)


def walk(client, path, first=1, last=NEWEST):
    """Read a path at all versions that have it."""
    for minor in range(first, last + 1):
        answer = client.get(path, version=f'2.{minor}')
        assert answer.status == 200, (path, minor, answer.body)
        assert all(answer.json.values()), f'{path} at 2.{minor} shows nothing'


# -- hosts ---------------------------------------------------------------------------------


@pytest.fixture
def host(api, cloud):
    """A host with services, a node, a server, a zone; gives (number, uuid) of the node."""
    hosts.add_service('cmp1')
    hosts.add_service('cmp1', binary='nova-network', topic='network', age=3600, disabled_reason='broken')
    hosts.add_service('control', binary='nova-conductor', topic='conductor', disabled=True)
    hosts.add_server(cloud, 'cmp1')
    hosts.add_zone(cloud, 'north', 'cmp1')
    return hosts.add_node(cloud, 'cmp1')


@pytest.mark.parametrize('path', ['/os-services', '/os-availability-zone', '/os-availability-zone/detail'])
def test_services_and_zones(api, host, path):
    walk(api, path)


@pytest.mark.parametrize('path', ['/os-hosts', '/os-hosts/cmp1'])
def test_hosts(api, host, path):
    walk(api, path, last=42)


def test_hypervisors(api, host, monkeypatch):
    monkeypatch.setattr('mininova.compute.rpcapi.ComputeAPI.get_host_uptime', lambda *_arguments: 'up 3 days')
    number, uuid = host
    for query in ('', '?with_servers=1'):
        walk(api, f'/os-hypervisors{query}')
        walk(api, f'/os-hypervisors/detail{query}')
        walk(api, f'/os-hypervisors/{number}{query}', last=52)
        walk(api, f'/os-hypervisors/{uuid}{query}', first=53)
    walk(api, f'/os-hypervisors/{number}/uptime', last=52)
    walk(api, f'/os-hypervisors/{uuid}/uptime', first=53, last=87)
    walk(api, '/os-hypervisors/statistics', last=87)
    walk(api, '/os-hypervisors/cmp1/search', last=52)
    walk(api, '/os-hypervisors/cmp1/servers', last=52)


def test_full_pages_of_hypervisors(api, host):
    for path in ('/os-hypervisors', '/os-hypervisors/detail'):
        walk(api, f'{path}?limit=1')
        assert 'hypervisors_links' in api.get(f'{path}?limit=1', version='2.33').json


def test_aggregates(api, host):
    bare, full = (api.post('/os-aggregates', {'aggregate': asked}).json['aggregate']['id'] for asked in (
        {'name': 'bare'}, {'name': 'ssd', 'availability_zone': 'north'}))
    assert api.post(f'/os-aggregates/{full}/action', {'add_host': {'host': 'cmp1'}}).status == 200
    walk(api, '/os-aggregates')
    walk(api, f'/os-aggregates/{bare}')
    walk(api, f'/os-aggregates/{full}')


# -- what servers are made of --------------------------------------------------------------


def test_flavors(api):
    flavor = {'name': 'private', 'ram': 64, 'vcpus': 1, 'disk': 0, 'id': 'private', 'os-flavor-access:is_public': False}
    assert api.post('/flavors', {'flavor': flavor}).status == 200
    assert api.post('/flavors/private/action', {'addTenantAccess': {'tenant': 'demo'}}).status == 200
    assert api.post('/flavors/private/os-extra_specs', {'extra_specs': {'hw:cpu_policy': 'shared'}}).status == 200
    for path in ('/flavors?is_public=None', '/flavors/detail?is_public=None', '/flavors/private',
                 '/flavors/private/os-flavor-access', '/flavors/private/os-extra_specs',
                 '/flavors/private/os-extra_specs/hw:cpu_policy'):
        walk(api, path)


def test_keypairs(api):
    assert api.post('/os-keypairs', {'keypair': {'name': 'mine'}}).status == 200
    walk(api, '/os-keypairs')
    walk(api, '/os-keypairs?limit=1', first=35)
    walk(api, '/os-keypairs/mine')


def test_images(api):
    image_id = image_api.API().create(context.get_admin_context(), {
        'name': 'cirros', 'visibility': 'public',
        'properties': {'instance_uuid': uuidutils.generate_uuid(), 'auto_disk_config': 'true'}}, data=b'x')['id']
    for path in ('/images', '/images/detail', '/images?limit=1', '/images/detail?limit=1', f'/images/{image_id}'):
        walk(api, path, last=35)
    for path in (f'/images/{image_id}/metadata', f'/images/{image_id}/metadata/auto_disk_config'):
        walk(api, path, last=38)


def test_server_groups(api, cloud):
    rules = {'name': 'apart', 'policy': 'anti-affinity', 'rules': {'max_server_per_host': 3}}
    made = api.post('/os-server-groups', {'server_group': rules}, version='2.64').json['server_group']['id']
    _number, uuid = hosts.add_server(cloud, 'cmp1')
    cloud.insert('instance_group_member', group_id=1, instance_uuid=uuid)
    walk(api, '/os-server-groups')
    walk(api, f'/os-server-groups/{made}')
    assert api.get(f'/os-server-groups/{made}').json['server_group']['members'] == [uuid]


# -- networks ------------------------------------------------------------------------------


def test_networks(api, cloud):
    network = uuidutils.generate_uuid()
    cloud.insert('networks', uuid=network, label='private', cidr='10.1.0.0/24', gateway='10.1.0.1', cidr_v6='fd00::/64',
                 gateway_v6='fd00::1', bridge='br100', dns1='9.9.9.9', dns2='fd00::53', mtu=1450, vlan=7,
                 dhcp_start='10.1.0.3', created_at=timeutils.utcnow())
    cloud.insert('networks', uuid=uuidutils.generate_uuid(), label='bare')
    for client in (api, api.user('demo')):
        for path in ('/os-networks', '/os-tenant-networks'):
            walk(client, path, last=35)
            walk(client, f'{path}/{network}', last=35)


# -- what is used --------------------------------------------------------------------------


@pytest.mark.parametrize('path', [
    '/limits', '/os-quota-sets/demo', '/os-quota-sets/demo?user_id=demo', '/os-quota-sets/demo/detail',
    '/os-quota-sets/demo/defaults', '/os-quota-class-sets/default'])
def test_limits(api, cloud, path):
    hosts.add_server(cloud, 'cmp1')
    cloud.insert('quotas', project_id='demo', resource='cores', hard_limit=-1)
    walk(api, path)


@pytest.mark.parametrize(('path', 'limited'), [
    ('/os-quota-sets/demo', 'quota_set'), ('/os-quota-class-sets/default', 'quota_class_set')])
def test_limits_that_are_set(api, path, limited):
    for minor in range(1, NEWEST + 1):
        answer = api.put(path, {limited: {'cores': minor}}, version=f'2.{minor}')
        assert (answer.status, answer.json[limited]['cores']) == (200, minor)


def test_usage(api, cloud):
    begun = datetime.datetime(2026, 1, 1)
    for number, ended in enumerate((None, begun + datetime.timedelta(hours=2))):
        hosts.add_server(cloud, 'cmp1', launched_at=begun, terminated_at=ended, display_name=f'vm{number}',
                         vm_state='active', flavor={'name': 'm1.tiny'})
    period = 'start=2026-01-01T00:00:00&end=2026-01-02T00:00:00'
    for query in (period, f'{period}&detailed=1'):
        walk(api, f'/os-simple-tenant-usage?{query}')
    walk(api, f'/os-simple-tenant-usage/demo?{period}')
    for path in ('/os-simple-tenant-usage', '/os-simple-tenant-usage/demo'):
        walk(api, f'{path}?{period}&limit=1', first=40)
    assert api.get(f'/os-simple-tenant-usage/nobody?{period}').json == {'tenant_usage': {}}


def test_moves(api, cloud):
    common = {'instance_uuid': uuidutils.generate_uuid(), 'user_id': 'demo', 'project_id': 'demo',
              'source_compute': 'cmp1', 'created_at': timeutils.utcnow()}
    for kind, status in (('resize', 'finished'), ('live-migration', 'running')):
        cloud.insert('migrations', uuid=uuidutils.generate_uuid(), migration_type=kind, status=status, **common)
    walk(api, '/os-migrations')
    walk(api, '/os-migrations?limit=1', first=59)


# -- the API itself, and what this cloud has none of ----------------------------------------


@pytest.mark.parametrize('path', ['', '/', '/versions/v2.0', '/versions/v2.1', '/extensions',
                                  '/extensions/os-keypairs'])
def test_versions_and_extensions(api, path):
    walk(api, path)
    assert api.user('demo', root='/v2').get(path).status == 200


@pytest.mark.parametrize('kind', ['volumes', 'snapshots'])
def test_volumes_and_snapshots(api, kind):
    for minor in range(1, 36):
        for path in (f'/os-{kind}', f'/os-{kind}/detail'):
            assert api.get(path, version=f'2.{minor}').json == {kind: []}
