# SPDX-License-Identifier: Apache-2.0
"""``nova-all`` and ``openstack`` with nothing else: no Keystone, no Glance, and no catalog to find things by."""
import json
import pathlib
import re
import sys

import pytest

from tests.fixtures import processes
from tests.functional.clients import rows, story
from tests.functional.clients.rows import ANY, demo

BIN = pathlib.Path(sys.executable).parent
CLOUDS = {'clouds': {'alone': {
    'auth_type': 'none', 'identity_api_version': '3', 'auth': {'endpoint': '{url}'},
    'compute_endpoint_override': '{url}', 'image_endpoint_override': '{url}'}}}


class Alone(story.Cloud):
    """nova-all as its greeting has it; the user 'demo' has two variables, 'admin' a clouds.yaml."""

    def __init__(self, directory):
        super().__init__(directory)
        self.directory = directory
        self.process = processes.Process(
            'nova-all', [BIN / 'nova-all', '--state-dir', directory / 'state', '--port', 0], directory / 'nova-all.log')

    def _said_where(self):
        found = re.search(r'mini-Nova is up after .*: (http://\S+/v2.1) ', self.process.output())
        self.urls = {'compute': found[1], 'ids': {}} if found else {}
        return found

    def environment(self, user):
        if user == 'demo':
            return {'OS_AUTH_TYPE': 'none', 'OS_ENDPOINT': self.urls['compute']}
        path = self.directory / 'clouds.yaml'
        path.write_text(json.dumps(CLOUDS).replace('{url}', self.urls['compute']))
        return {'OS_CLOUD': 'alone', 'OS_CLIENT_CONFIG_FILE': str(path)}

    def token(self, user):
        return 'admin:admin'


def by_file(command, data=None, **keywords):
    return demo(command, data, **keywords)._replace(by='admin')


ROWS = (
    demo('flavor list', [{'Name': 'm1.tiny'}]),
    demo('server create --flavor m1.tiny --image demo vm1', {'name': 'vm1'}, wait='vm1 ACTIVE'),
    demo('server show vm1', {'name': 'vm1', 'status': 'ACTIVE', 'addresses': ANY}),
    demo('console log show vm1', has='.'),
    demo('compute service list', [{'Binary': 'nova-compute', 'State': 'up'}]),
    demo('hypervisor list', [{'State': 'up'}]),
    # the client takes the compute endpoint for the identity service's
    demo('server list', fails='requires API version .3.'),
    by_file('server list', [{'Name': 'vm1', 'Status': 'ACTIVE', 'Flavor': 'm1.tiny', 'Image': 'demo'}]),
    by_file('server create --flavor m1.tiny --image demo --wait vm2', {'name': 'vm2', 'status': 'ACTIVE'}),
    by_file('keypair list', []),
    by_file('availability zone list --compute', [{'Zone Name': 'nova'}]),
    by_file('limits show --absolute', [{'Name': 'instances_used', 'Value': 2}]),
    by_file('server stop vm2', wait='vm2 SHUTOFF'),
    by_file('server delete vm2', wait='vm2 gone'),
    demo('server stop vm1', wait='vm1 SHUTOFF'),
    demo('server delete vm1', wait='vm1 gone'),
)
VALUES, IDS = rows.parameters(ROWS, (None,))


@pytest.fixture(scope='module')
def alone(tmp_path_factory, clients):
    """nova-all and the process that runs clients."""
    cloud = Alone(tmp_path_factory.mktemp('alone'))
    yield story.Story(cloud.start(), clients, 'openstack', None)
    cloud.process.stop()


@pytest.mark.parametrize('_version, row', VALUES, ids=IDS)
def test_no_keystone(alone, _version, row):
    alone.run(row)
