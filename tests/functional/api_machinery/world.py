# SPDX-License-Identifier: Apache-2.0
"""A cloud in which everything that an operation can name exists, in one project; and what to put into paths."""
import collections
import copy
import sqlite3

import pytest
import sqlalchemy as sa
from oslo_utils import timeutils, uuidutils

from mininova import context, crypto, objects
from mininova.db import models, session
from mininova.virt import diagnostics
from tests.functional.api.servers.conftest import Edge, Lab
from tests.functional.api_machinery import installed, personas

UNKNOWN = '99999999-9999-4999-8999-999999999999'
NUMBER = '987654'


class World:
    """``own`` and ``unknown`` are {collection: id} of what there is and of what there is not."""

    def __init__(self, cloud, lab, api):
        self.cloud, self.lab, self.api, self.admin = cloud, lab, api, context.get_admin_context()
        self.image = lab.default_image
        _private, self.public_key, _fingerprint = crypto.generate_key_pair()
        lab.host()
        lab.flavor('2')
        hidden = lab.flavor('hidden', is_public=False, extra_specs={'hw:cpu_policy': 'shared'})
        cloud.insert('flavor_projects', flavor_id=hidden.id, project_id=personas.OWN)
        self.server, self.number = self._server()
        node = objects.ComputeNodeList.get_all(self.admin)[0]
        service = objects.Service.get_by_compute_host(self.admin, 'cmp1')
        aggregate = cloud.insert('aggregates', uuid=uuidutils.generate_uuid(), name='fast',
                                 created_at=timeutils.utcnow())
        for user in personas.PERSONAS:
            cloud.insert('key_pairs', user_id=user, name='kp-7', type='ssh', fingerprint='aa',
                         public_key=f'ssh-rsa of-{user}', created_at=timeutils.utcnow())
        self.own = {
            '/servers': self.server, '/servers/{server_id}/os-interface': self._card(),
            '/servers/{server_id}/os-instance-actions': self._request_id(), '/servers/{server_id}/ips': 'private',
            '/servers/{server_id}/metadata': 'key', '/servers/{server_id}/tags': 'colour',
            '/servers/{server_id}/migrations': self._migration(), '/servers/{server_id}/shares': UNKNOWN,
            '/servers/{server_id}/os-volume_attachments': UNKNOWN,
            '/os-aggregates': aggregate, '/flavors': 'hidden', '/flavors/{flavor_id}/os-extra_specs': 'hw:cpu_policy',
            '/os-keypairs': 'kp-7', '/os-server-groups': self._group(), '/os-quota-sets': personas.OWN,
            '/os-quota-class-sets': 'default', '/os-simple-tenant-usage': personas.OWN, '/os-networks': self.network,
            '/os-tenant-networks': self.network, '/images': self.image, '/images/{image_id}/metadata': 'key',
            '/os-hosts': 'cmp1', '/extensions': 'os-keypairs', '/versions': 'v2.1',
            '/os-console-auth-tokens': self._token(),
            '/os-instance_usage_audit_log': '2026-01-01 00:00:00', '/os-volumes': UNKNOWN, '/os-snapshots': UNKNOWN,
            '/os-assisted-volume-snapshots': UNKNOWN, '/os-baremetal-nodes': UNKNOWN, '/os-volumes_boot': self.server,
            '/os-floating-ips': self._floating_ip(), '/os-security-groups': self._security_group(),
            '/os-security-group-rules': self._rule,
            'hypervisor number': node.id, 'hypervisor name': 'cmp1', '/os-hypervisors': node.uuid,
            'service number': service.id, 'service verb': 'enable', '/os-services': service.uuid}
        self.unknown = {
            **self.own, '/servers': UNKNOWN, '/os-volumes_boot': UNKNOWN, '/os-aggregates': NUMBER,
            '/flavors': 'no-such-flavor', '/os-keypairs': 'no-such-key', '/os-server-groups': UNKNOWN,
            '/os-quota-sets': 'no-such-project', '/os-simple-tenant-usage': 'no-such-project', '/os-networks': UNKNOWN,
            '/os-tenant-networks': UNKNOWN, '/os-hosts': 'no-such-host', '/os-console-auth-tokens': UNKNOWN,
            '/images': UNKNOWN, '/os-floating-ips': UNKNOWN, '/os-security-groups': UNKNOWN,
            '/os-security-group-rules': UNKNOWN}
        self._images = {path: path.read_bytes() for path in (cloud.directory / 'images').rglob('*') if path.is_file()}
        self._file = session.engine().url.database
        self._saved = sqlite3.connect(':memory:')
        with sqlite3.connect(self._file) as file:
            file.backup(self._saved)

    def restore(self):
        """Make the database and the images what they were when all was made."""
        session.disconnect()
        with sqlite3.connect(self._file) as file:
            self._saved.backup(file)
        for path, content in self._images.items():
            if not path.is_file() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    # -- what there is --

    def _server(self):
        member = self.api.user('member', personas.OWN)
        self.network = self.lab.network()
        self.cloud.execute(sa.update(models.networks).values(project_id=personas.OWN))
        uuid = self.lab.server(member, version='2.52', metadata={'key': 'value'}, tags=['colour'])
        return uuid, self.lab.instance(uuid).id

    def _card(self):
        network = objects.NetworkList.get_all(self.admin)[0]
        record = objects.InstanceAction.pack_start(self.admin, self.server, 'attach_interface', UNKNOWN)
        port = objects.VirtualInterface.reserve(self.admin, self.server, 'cmp1', {
            'network_id': network.id, 'address': None, 'tag': None}, {}, record)
        info = [{'id': port, 'address': 'fa:16:3e:00:00:01', 'network': {
            'id': self.network, 'label': 'private', 'subnets': [{'ips': [{
                'address': '10.0.0.2', 'version': 4, 'type': 'fixed', 'floating_ips': []}]}]}}]
        objects.VirtualInterface.complete(self.admin, self.server, port, 'attaching', info, 'cmp1')
        return port

    def _request_id(self):
        return self.lab.actions(self.server)[-1].request_id

    def _migration(self):
        return self.cloud.insert(
            'migrations', uuid=uuidutils.generate_uuid(), instance_uuid=self.server, status='running', hidden=False,
            source_compute='cmp1', dest_compute='cmp2', migration_type='live-migration', project_id=personas.OWN,
            user_id='member', created_at=timeutils.utcnow())

    def _group(self):
        uuid = uuidutils.generate_uuid()
        self.cloud.insert('instance_groups', uuid=uuid, name='group', project_id=personas.OWN, user_id='member',
                          policy='affinity', rules={})
        return uuid

    def _floating_ip(self):
        objects.FloatingIPList.create(self.admin, ['172.24.4.7', '172.24.4.8'], 'nova', None)
        mine = copy.copy(self.admin)
        mine.project_id = personas.OWN
        return objects.FloatingIP.allocate(mine, 'nova', -1).uuid

    def _security_group(self):
        group = objects.SecurityGroup.make(self.admin, {
            'name': 'web', 'description': 'words', 'project_id': personas.OWN, 'user_id': 'member'}, -1)
        self._rule = objects.SecurityGroupRule.make(self.admin, group.uuid, None, {
            'protocol': 'tcp', 'from_port': 22, 'to_port': 22, 'cidr': '0.0.0.0/0'}, -1).uuid
        return group.uuid

    def _token(self):
        token = objects.ConsoleAuthToken(
            self.admin, console_type='novnc', host='127.0.0.1', port=5900, instance_uuid=self.server,
            compute_host='cmp1', access_url_base='http://console/')
        return token.authorize(600)

    # -- requests --

    def request(self, client, operation, version, ids=None):
        """Send what an operation accepts at a version.

        :param ids: :attr:`own` or :attr:`unknown`
        """
        method, path, found = operation
        return client.request(method, self.path(method, path, version, ids or self.own),
                              self._body(operation, version), version=str(version))

    def path(self, method, path, version, ids):
        """Return a path with ids in their places."""
        for place, collection in (('{server_id}', '/servers'), ('{flavor_id}', '/flavors'), ('{image_id}', '/images')):
            path = path.replace(place, str(ids[collection])) if '{id}' not in path else path
        if '{id}' not in path:
            return path
        collection, _id, rest = path.partition('/{id}')
        value = ids[self._kind(method, collection, rest, version)]
        for place, parent in (('{server_id}', '/servers'), ('{flavor_id}', '/flavors'), ('{image_id}', '/images')):
            collection = collection.replace(place, str(ids[parent]))
        return f'{collection}/{value}{rest}'

    @staticmethod
    def _kind(method, collection, rest, version):
        """Return the key of what stands in a path; hosts' ids were numbers, or names, once."""
        old = version.ver_minor < 53
        if collection == '/os-hypervisors' and old:
            return 'hypervisor name' if rest in ('/search', '/servers') else 'hypervisor number'
        if collection == '/os-services' and old:
            return 'service verb' if method == 'PUT' else 'service number'
        return collection

    def _body(self, operation, version):
        method, path, found = operation
        body = installed.body_for(operation, version)
        if path in ('/servers', '/os-volumes_boot') and method == 'POST':
            body = {'server': {'name': 'new', 'flavorRef': '1', 'imageRef': self.image,
                               **({'networks': 'none'} if version.ver_minor > 36 else {})}}
        change = CHANGES.get(found.action) or CHANGES.get((method, path))
        return change(self, body) if change else body


def _host(world, body):
    return {name: {'host': 'cmp1'} for name in body}


CHANGES = {
    'add_host': _host, 'remove_host': _host,
    'rebuild': lambda world, body: {'rebuild': {'imageRef': world.image}},
    'os-migrateLive': lambda world, body: {'os-migrateLive': {**body['os-migrateLive'], 'host': None}},
    'resize': lambda world, body: {'resize': {'flavorRef': '2'}},
    'addFixedIp': lambda world, body: {'addFixedIp': {'networkId': world.network}},
    'removeTenantAccess': lambda world, body: {'removeTenantAccess': {'tenant': personas.OWN}},
    ('PUT', '/flavors/{flavor_id}/os-extra_specs/{id}'): lambda world, body: {'hw:cpu_policy': 'dedicated'},
    ('PUT', '/os-services/{id}'): lambda world, body: {**body, 'binary': 'nova-compute', 'host': 'cmp1'} if body else {
        'status': 'enabled'},
    ('PUT', '/images/{image_id}/metadata/{id}'): lambda world, body: {'meta': {'key': 'x'}},
    ('PUT', '/servers/{server_id}/metadata/{id}'): lambda world, body: {'meta': {'key': 'x'}},
    ('POST', '/os-keypairs'): lambda world, body: {'keypair': {
        **body['keypair'], **({'public_key': world.public_key} if 'public_key' in body['keypair'] else {})}},
}


@pytest.fixture
def world(cloud, api, monkeypatch):
    """All that can be named, and callers with roles by their names (:mod:`personas`)."""
    edge = Edge()
    answers = {f'get_{kind}_console': 'http://console/' for kind in ('vnc', 'spice', 'serial', 'mks')}
    answers |= {'get_console_output': 'text', 'get_diagnostics': {}, 'get_instance_diagnostics':
                diagnostics.standard(1, 'libvirt', 'qemu', 'linux', 46, False, num_cpus=1, memory_mb=512),
                'cache_images': {}, 'get_host_uptime': 'up'}
    edge.answers = collections.defaultdict(lambda: None, answers)
    monkeypatch.setattr('mininova.rpc.Client._cast', lambda client, *args, **kwargs: edge.cast(client, *args, **kwargs))
    monkeypatch.setattr('mininova.rpc.Client._call', lambda client, *args, **kwargs: edge.call(client, *args, **kwargs))
    personas.install(monkeypatch)
    lab = Lab(cloud)
    lab.flavor()
    lab.default_image = lab.image()
    return World(cloud, lab, api)
