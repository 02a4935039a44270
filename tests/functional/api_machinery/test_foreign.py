# SPDX-License-Identifier: Apache-2.0
"""What another project has is as absent as what never was: the same status and words, whatever is asked.

All of it exists (:mod:`world`), so a 404 says something.
"""
import pytest
from oslo_utils import uuidutils

from tests.fixtures.api_client import api, cloud  # noqa: F401  (fixtures)
from tests.functional.api_machinery import personas
from tests.functional.api_machinery.installed import name_of
from tests.functional.api_machinery.test_roles import ends, may, present, report
from tests.functional.api_machinery.world import UNKNOWN, world  # noqa: F401  (fixture)

# Nobody's: an image that all projects share, what the cloud itself has, moments.
SHARED = ('/extensions', '/versions', '/images', '/os-instance_usage_audit_log', '/os-quota-class-sets')
# Nova tells everybody the defaults, whatever project the path names.
DEFAULTS = ('GET', '/os-quota-sets/{id}/defaults')
PERSONA = {'stranger-reader': 'reader', 'stranger': 'member', 'stranger-manager': 'manager'}


def of_a_project():
    """Yield the operations whose path names something that projects or users have."""
    for operation in present():
        if '{' in operation[1] and not operation[1].startswith(SHARED) and operation[:2] != DEFAULTS:
            yield operation


def without_ids(answer, ids):
    text = answer.body.decode()
    for value in sorted({str(value) for value in ids.values()}, key=len, reverse=True):
        text = text.replace(value, '-')
    return text


@pytest.mark.parametrize('name', personas.STRANGERS)
def test_what_is_foreign_is_like_what_never_was(world, api, name):  # noqa: F811
    client, wrong = personas.client(api, name), []
    before = snapshot(world)
    for operation in list(of_a_project()):
        for version in ends(operation):
            foreign, missing = (world.request(client, operation, version, ids) for ids in (world.own, world.unknown))
            expected = (404,) if may(PERSONA[name], operation) else (403, 404)
            if foreign.status != missing.status or foreign.status not in allowed(operation, expected):
                wrong.append((foreign.status, missing.status, name_of(operation), str(version), foreign.body[:160]))
            elif without_ids(foreign, world.own) != without_ids(missing, world.unknown):
                wrong.append((foreign.body, missing.body, name_of(operation), str(version)))
    assert not wrong, report(wrong)
    assert snapshot(world) == before


def allowed(operation, expected):
    # A project of its own is what the rule is about: whoever is of another one may not, found or not.
    of_project = operation[1].startswith(('/os-quota-sets/', '/os-simple-tenant-usage/'))
    # Services are asked about; that no volume is attached is said before there is anybody's server.
    return (403,) if of_project else expected


def snapshot(world):  # noqa: F811
    """Return all rows that a stranger must not have changed."""
    instance = world.lab.instance(world.server)
    with world.cloud.statements():
        return (instance.updated_at, instance.task_state, instance.metadata, instance.tags,
                len(world.lab.actions(world.server)))


@pytest.mark.parametrize('name', personas.STRANGERS)
def test_what_another_server_has_is_not_found_in_ones_own(world, api, name):  # noqa: F811
    mine = uuidutils.generate_uuid()
    world.cloud.insert('instances', uuid=mine, project_id=personas.OTHER, user_id=name, vm_state='active',
                       display_name='mine', memory_mb=1, vcpus=1, root_gb=1, ephemeral_gb=0, launch_index=0,
                       reservation_id='r', hostname='mine', locked=False, host='cmp1')
    client, wrong = personas.client(api, name), []
    for operation in list(present()):
        method, path, _found = operation
        collection = path.partition('/{id}')[0]
        if not collection.startswith('/servers/{server_id}/') or '{id}' not in path:
            continue
        if not may(PERSONA[name], operation) or (method, collection) == ('PUT', '/servers/{server_id}/tags') \
                or (method, collection) == ('PUT', '/servers/{server_id}/metadata'):
            continue
        for version in ends(operation):
            theirs, missing = ({**world.own, '/servers': mine, collection: value}
                               for value in (world.own[collection], unknown_like(world.own[collection])))
            answers = [world.request(client, operation, version, ids) for ids in (theirs, missing)]
            said = {without_ids(answer, ids) for answer, ids in zip(answers, (theirs, missing), strict=True)}
            if {answer.status for answer in answers} - {404, 409} or len(said) > 1:
                wrong.append((*(answer.status for answer in answers), name_of(operation), str(version), said))
    assert not wrong, report(wrong)


def unknown_like(value):
    if isinstance(value, int):
        return 987654
    return UNKNOWN if uuidutils.is_uuid_like(value) else f'no-such-{len(value)}'


def named(wish):
    value, = wish.values()
    return value if isinstance(value, str) else value[0]['port']


def test_a_server_is_not_made_of_what_is_foreign(world, api):  # noqa: F811
    client = personas.client(api, 'stranger')
    image = world.lab.image(owner=personas.OWN, visibility='private')
    wishes = [({'flavorRef': 'hidden'}, {'flavorRef': 'no-such-flavor'}),
              ({'key_name': 'kp-7'}, {'key_name': 'no-such-key'}),
              ({'imageRef': image}, {'imageRef': UNKNOWN}),
              ({'networks': [{'port': world.own['/servers/{server_id}/os-interface']}]},
               {'networks': [{'port': UNKNOWN}]})]
    for foreign, missing in wishes:
        answers = [client.post('/servers', {'server': {
            'name': 'new', 'flavorRef': '1', 'imageRef': world.image, 'networks': 'none', **wish}}, '2.104')
            for wish in (foreign, missing)]
        assert answers[0].status == answers[1].status >= 400, (foreign, answers)
        texts = [answer.body.decode().replace(named(wish), '-')
                 for answer, wish in zip(answers, (foreign, missing), strict=True)]
        assert texts[0] == texts[1], foreign
    hints = [client.post('/servers', {'server': {'name': 'new', 'flavorRef': '1', 'imageRef': world.image,
                                                 'networks': 'none'}, 'os:scheduler_hints': {'group': group}}, '2.104')
             for group in (world.own['/os-server-groups'], UNKNOWN)]
    assert [answer.status for answer in hints] == [400, 400]
    assert hints[0].body.decode().replace(world.own['/os-server-groups'], '-') == hints[1].body.decode().replace(
        UNKNOWN, '-')
