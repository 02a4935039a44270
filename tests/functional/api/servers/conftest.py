# SPDX-License-Identifier: Apache-2.0
"""Servers through HTTP; conductor and compute are replaced at the edge of RPC by a recorder."""
import datetime
import types

import pytest
from oslo_utils import timeutils, uuidutils

from mininova import context, objects, rpc
from mininova.compute import power_state, vm_states
from mininova.image import api as image_api
from tests.functional.api import hosts

IMAGE_BYTES = b'not a real disk'


class Edge:
    """Messages that were sent; ``answers`` gives or raises what a call returns, by method."""

    def __init__(self):
        self.sent = []
        self.answers = {}
        self.broken = None

    def cast(self, client, context_, method, server=None, **kwargs):
        if self.broken:
            raise self.broken
        self.sent.append(types.SimpleNamespace(method=method, server=server, context=context_, **kwargs))

    def call(self, client, context_, method, server=None, timeout=None, **kwargs):
        self.cast(client, context_, method, server, **kwargs)
        answer = self.answers[method]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def methods(self):
        return [message.method for message in self.sent]


@pytest.fixture
def edge(cloud, monkeypatch):
    made = Edge()
    monkeypatch.setattr(rpc.Client, '_cast', lambda client, *args, **kwargs: made.cast(client, *args, **kwargs))
    monkeypatch.setattr(rpc.Client, '_call', lambda client, *args, **kwargs: made.call(client, *args, **kwargs))
    return made


class Lab:
    """Things to make servers of, and servers in any state."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.admin = context.get_admin_context()

    def flavor(self, flavorid='1', name=None, **values):
        values = {'memory_mb': 512, 'vcpus': 1, 'root_gb': 1, 'ephemeral_gb': 0, 'swap': 0, 'rxtx_factor': 1.0,
                  'is_public': True, 'disabled': False, 'extra_specs': {}, **values}
        flavor = objects.Flavor(self.admin, flavorid=flavorid, name=name or f'm1.{flavorid}', **values)
        flavor.create()
        return flavor

    def image(self, **values):
        """Make an image and return its id."""
        owner = values.pop('owner', None)
        made = image_api.API().create(self.admin, {'name': 'mini', 'disk_format': 'qcow2', 'owner': owner, **values},
                                      IMAGE_BYTES)
        return made['id']

    def host(self, name='cmp1', zone=None, **service):
        """Make a compute host that is up."""
        made = objects.Service.register(self.admin, name, 'nova-compute', 'compute')
        for field, value in service.items():
            setattr(made, field, value)
        if service:
            made.save()
        hosts.add_node(self.cloud, name, f'{name}.lab')
        if zone:
            aggregate = self.cloud.insert('aggregates', uuid=uuidutils.generate_uuid(), name=f'in-{zone}',
                                          created_at=timeutils.utcnow())
            self.cloud.insert('aggregate_hosts', host=name, aggregate_id=aggregate)
            self.cloud.insert('aggregate_metadata', aggregate_id=aggregate, key='availability_zone', value=zone)
        return name

    def network(self, label='private', cidr='10.0.0.0/24', addresses=8):
        """Make a network with a few free addresses and return its uuid."""
        uuid, prefix = uuidutils.generate_uuid(), cidr.rsplit('.', 1)[0]
        id_ = self.cloud.insert('networks', uuid=uuid, label=label, cidr=cidr, gateway=f'{prefix}.1', bridge='br100')
        for number in range(2, 2 + addresses):
            self.cloud.insert('fixed_ips', address=f'{prefix}.{number}', network_id=id_)
        return uuid

    def boot(self, client, version=None, hints=None, **server):
        """Ask for a server and return the answer."""
        document = {'name': 'vm1', 'flavorRef': '1', 'imageRef': self.default_image, **server}
        if version and int(version.split('.')[1]) >= 37:
            document.setdefault('networks', 'none')
        body = {'server': {key: value for key, value in document.items() if value is not ...}}
        if hints:
            body['os:scheduler_hints'] = hints
        return client.post('/servers', body, version)

    def server(self, client, host='cmp1', vm_state=vm_states.ACTIVE, task_state=None, version=None, **server):
        """Make a server in some state and return its id."""
        answer = self.boot(client, version, **server)
        assert answer.status == 202, answer.body
        uuid = answer.json['server']['id']
        self.settle(uuid, host=host, vm_state=vm_state, task_state=task_state)
        return uuid

    def settle(self, uuid, **values):
        """Write fields of a server as conductor and compute would."""
        instance = self.instance(uuid)
        values = {'launched_at': datetime.datetime(2026, 1, 2, 3, 4, 5, 678), 'power_state': power_state.RUNNING,
                  'node': 'cmp1.lab', **values}
        for name, value in values.items():
            setattr(instance, name, value)
        instance.save()

    def instance(self, uuid, read_deleted='no'):
        """Return the record of a server."""
        return objects.Instance.get_by_uuid(context.get_admin_context(read_deleted), uuid,
                                            expected_attrs=['metadata', 'tags'])

    def actions(self, uuid):
        return list(objects.InstanceActionList.get_by_instance_uuid(self.admin, uuid))


@pytest.fixture
def lab(cloud, edge):
    made = Lab(cloud)
    made.flavor()
    made.default_image = made.image()
    return made


@pytest.fixture
def demo(api):
    """A client that is an ordinary member of a project."""
    return api.user('demo', 'demo-project')
