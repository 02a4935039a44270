# SPDX-License-Identifier: Apache-2.0
"""No word in a query shows to one project what another one has; to the administrator it does."""
import urllib.parse

import pytest

from mininova.api.openstack import api_version_request as versions
from tests.fixtures.api_client import api, cloud  # noqa: F401  (fixtures)
from tests.functional.api_machinery import personas
from tests.functional.api_machinery.test_roles import ends, may, present, report
from tests.functional.api_machinery.world import UNKNOWN, world  # noqa: F401  (fixture)

# What may be found in an answer that says nothing of another project.
EMPTY = (200, 400, 403, 404)


def words(world):  # noqa: F811
    """Yield queries by which a stranger could hope to see what is not its own."""
    group = world.own['/os-server-groups']
    for pairs in (
            {}, {'all_tenants': '1'}, {'all_tenants': 'True'}, {'all_tenants': ''}, {'all_projects': 'True'},
            {'project_id': personas.OWN}, {'tenant_id': personas.OWN}, {'all_tenants': '0', 'project_id': personas.OWN},
            {'user_id': 'member'}, {'host': 'cmp1'}, {'node': 'cmp1.lab'}, {'name': 'vm'}, {'uuid': world.server},
            {'uuid': world.server, 'project_id': personas.OWN}, {'ip': '10.0'}, {'deleted': 'True'},
            {'changes-since': '2000-01-01T00:00:00Z'}, {'instance_uuid': world.server}, {'reservation_id': 'r-'},
            {'tags': 'colour'}, {'not-tags': 'b'}, {'locked': 'False'}, {'status': 'ACTIVE'}, {'vm_state': 'active'},
            {'is_public': 'None'}, {'is_public': 'false'}, {'hidden': 'True'}, {'migration_type': 'live-migration'},
            {'source_compute': 'cmp1'}, {'limit': '1000'}, {'marker': world.server}, {'marker': group},
            {'sort_key': 'project_id'}, {'sort_key': 'host'}, {'detailed': '1'}, {'reserved': '1'}, {'usage': '1'},
            {'start': '2020-01-01T00:00:00', 'detailed': '1'}, {'with_servers': 'True'}, {'key': 'value'},
            {'flavor': '1', 'all_tenants': '1'}, {'image': world.image, 'tenant_id': personas.OWN}):
        yield urllib.parse.urlencode(pairs)


def secrets(world):  # noqa: F811
    """Return what must not be in an answer to a stranger, unless it asked for it by name."""
    return [world.server, world.own['/os-server-groups'], world.own['/servers/{server_id}/os-interface'],
            str(world.own['/servers/{server_id}/os-instance-actions']), world.lab.instance(world.server).reservation_id,
            '"hidden"', 'm1.hidden', world.network, 'cmp1', 'fa:16:3e:00:00:01', 'ssh-rsa of-member']


def lists(name):
    """Return the operations that list things, of those that somebody may use."""
    return [operation for operation in present()
            if operation[0] == 'GET' and '{' not in operation[1] and may(name, operation)]


@pytest.mark.parametrize(('name', 'like'), [('stranger-manager', 'manager'), ('anonymous', 'anonymous')])
def test_a_list_is_of_ones_own(world, api, name, like):  # noqa: F811
    client, leaks = personas.client(api, name), []
    hidden = secrets(world)
    for operation in lists(like):
        middle = [version for version in map(versions.parse, ('2.35', '2.89'))
                  if version.matches(operation[2].min_version, operation[2].max_version)]
        for version in {*ends(operation), *middle}:
            for query in words(world):
                answer = client.get(f'{operation[1]}?{query}', str(version))
                asked = urllib.parse.unquote(query)
                found = [secret for secret in hidden if secret in answer.body.decode() and secret not in asked]
                if answer.status == 200 and world.server in answer.body.decode():
                    found.append(world.server)
                if found or answer.status not in (*EMPTY, 501):
                    leaks.append((answer.status, operation[1], query, str(version), found, answer.body[:120]))
    assert not leaks, report(leaks)


@pytest.mark.parametrize('path', ['/servers', '/servers/detail'])
@pytest.mark.parametrize('version', ['2.1', '2.50', '2.104'])
def test_all_tenants_is_for_administrators(world, api, path, version):  # noqa: F811
    for name in ('stranger', 'stranger-manager', 'reader', 'member', 'manager'):
        answer = personas.client(api, name).get(f'{path}?all_tenants=1', version)
        assert answer.status == 403, name
    shown = personas.client(api, 'admin').get(f'{path}?all_tenants=1', version).json['servers']
    assert [server['id'] for server in shown] == [world.server]
    assert personas.client(api, 'admin').get(path, version).json['servers'] == []
    assert [server['id'] for server in personas.client(api, 'admin').get(
        f'{path}?all_tenants=1&project_id={personas.OWN}', version).json['servers']] == [world.server]


@pytest.mark.parametrize('path', ['/servers', '/servers/detail', '/os-server-groups', '/os-migrations', '/flavors',
                                  '/os-keypairs'])
def test_a_foreign_marker_is_like_an_unknown_one(world, api, path):  # noqa: F811
    foreign = {'/os-server-groups': world.own['/os-server-groups'], '/flavors': 'hidden', '/os-keypairs': 'kp-7'}
    markers = foreign.get(path, world.server), UNKNOWN
    client = personas.client(api, 'stranger-manager')
    answers = [client.get(f'{path}?marker={marker}&limit=1', '2.104') for marker in markers]
    texts = [answer.body.decode().replace(marker, '-') for answer, marker in zip(answers, markers, strict=True)]
    assert answers[0].status == answers[1].status and texts[0] == texts[1]


def test_a_key_of_another_user_is_for_administrators(world, api):  # noqa: F811
    for path in ('/os-keypairs?user_id=member', '/os-keypairs/kp-7?user_id=member'):
        assert personas.client(api, 'stranger').get(path, '2.10').status == 403
        assert personas.client(api, 'admin').get(path, '2.10').status == 200


def test_limits_and_quotas_of_another_project_are_for_administrators(world, api):  # noqa: F811
    for path in (f'/limits?tenant_id={personas.OWN}', f'/os-quota-sets/{personas.OWN}',
                 f'/os-quota-sets/{personas.OWN}/detail', f'/os-simple-tenant-usage/{personas.OWN}'):
        assert personas.client(api, 'stranger-manager').get(path, '2.104').status == 403, path
        assert personas.client(api, 'admin').get(path, '2.104').status == 200, path
