# SPDX-License-Identifier: Apache-2.0
"""What holds for every operation of the installed API, whoever wrote it."""
import pytest
from oslo_utils import uuidutils

from mininova import policies, policy
from mininova.api.openstack import wsgi
from mininova.api.openstack.compute import routes
from tests.fixtures.api_client import api, cloud  # noqa: F401  (fixtures)
from tests.functional.api_machinery.installed import SERVER, name_of, operations, send

# Operations that show nothing of anybody: Nova has no rule for them either.
OPEN = {('GET', '/'), ('GET', '/versions/{id}'), ('GET', '/flavors'), ('GET', '/flavors/detail'),
        ('GET', '/flavors/{id}'), ('GET', '/images'), ('GET', '/images/detail'), ('GET', '/images/{id}'),
        ('DELETE', '/images/{id}'), ('GET', '/images/{image_id}/metadata'), ('GET', '/images/{image_id}/metadata/{id}'),
        ('POST', '/images/{image_id}/metadata'), ('PUT', '/images/{image_id}/metadata'),
        ('PUT', '/images/{image_id}/metadata/{id}'), ('DELETE', '/images/{image_id}/metadata/{id}')}


# They answer 501 to everybody: what stands behind them is not there.
WITHOUT_DRIVER = {'/os-baremetal-nodes/{id}'}


@pytest.fixture
def everything(api):  # noqa: F811
    return list(operations())


@pytest.fixture
def server(cloud):  # noqa: F811
    """A server in the database, of project b1."""
    cloud.insert('instances', uuid=SERVER, project_id='b1', user_id='u', vm_state='active', display_name='s',
                 memory_mb=1, vcpus=1, root_gb=1, ephemeral_gb=0, launch_index=0, reservation_id='r', hostname='s',
                 locked=False)


def test_every_operation_asks_a_rule(everything, api, server):  # noqa: F811
    policy.reset()
    policy.init(rules={rule.name: '!' for rule in policies.list_rules() if ':' in rule.name})
    open_ones = []
    for operation in everything:
        answer = send(api.user('demo', 'b1'), operation)
        if answer.status not in (403, 410) and operation[:2] not in OPEN:
            open_ones.append((answer.status, name_of(operation), answer.body[:200]))
    policy.reset()
    assert open_ones == []


def test_a_server_of_another_project_is_like_none(everything, api, server):  # noqa: F811
    different = []
    stranger = api.user('eve', 'e5')
    for operation in everything:
        if '/servers/{' not in operation[1]:
            continue
        foreign, missing = send(stranger, operation), send(stranger, operation, uuidutils.generate_uuid())
        if (foreign.status, missing.status) != (404, 404) and foreign.status not in (403, 410):
            different.append((foreign.status, missing.status, name_of(operation)))
    assert different == []


ODD = ['0', '-1', str(2**63), str(2**64), '%C3%A9', '%F0%9F%98%80', '%00', '%FF', 'a' * 300, "x'--", '%25s', '..', '.',
       ' ', '%0A', 'None', 'true', '1e9', '{}', '*']


@pytest.mark.parametrize('identifier', ODD)
def test_odd_ids_never_make_a_500(everything, api, identifier):  # noqa: F811
    failed = []
    for method, path, found in everything:
        if '{' not in path or method not in ('GET', 'DELETE'):
            continue
        odd = path
        for name in ('{id}', '{server_id}', '{flavor_id}', '{image_id}'):
            odd = odd.replace(name, identifier)
        answer = api.request(method, odd, version=str(found.max_version or '2.104'))
        if answer.status >= 500 and path not in WITHOUT_DRIVER:
            failed.append((answer.status, method, odd, answer.body[:200]))
    assert failed == []


def test_every_operation_has_a_schema_for_its_query_or_body(everything):
    bare = [name_of(operation) for operation in everything
            if not operation[2].removed and operation[0] in ('POST', 'PUT') and operation[2].body_schema is None]
    assert bare == []


def test_no_two_extensions_have_one_alias(api):  # noqa: F811
    aliases = [extension.alias for extension in routes.APIRouterV21().extensions]
    assert len(aliases) == len(set(aliases))
    assert all(isinstance(resource, wsgi.Resource) for resource in routes.APIRouterV21().resources.values())
