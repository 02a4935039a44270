# SPDX-License-Identifier: Apache-2.0
"""Every operation, at its first and its last version, asked by people of every role: it obeys its rule.

What is expected comes from the texts of the rules (:mod:`personas`), not from what was seen.
"""
import pytest

from mininova import policies
from mininova.api.openstack import api_version_request as versions
from tests.fixtures.api_client import api, cloud  # noqa: F401  (fixtures)
from tests.functional.api_machinery import personas, rules
from tests.functional.api_machinery.installed import name_of, operations
from tests.functional.api_machinery.test_installed import OPEN
from tests.functional.api_machinery.world import world  # noqa: F401  (fixture)

# What those who may do it hear, other than success: by action, or method and path.
REFUSALS = {
    409: {'restore', 'unpause', 'unrescue', 'confirmResize', 'revertResize', 'os-start', 'shelveOffload', 'unshelve',
          'resume', 'force_complete',                                        # the server is ACTIVE
          ('DELETE', '/servers/{server_id}/migrations/{id}'), ('POST', '/servers/{server_id}/shares'),
          ('DELETE', '/servers/{server_id}/shares/{id}'), ('DELETE', '/os-services/{id}')},
    400: {'evacuate', 'removeFixedIp', 'add_interface', 'remove_interface',
          ('POST', '/os-baremetal-nodes'), ('DELETE', '/os-baremetal-nodes/{id}'), ('POST', '/os-volumes'),
          ('POST', '/os-snapshots'), ('POST', '/os-assisted-volume-snapshots'), ('POST', '/os-security-group-rules'),
          ('DELETE', '/os-assisted-volume-snapshots/{id}')},
    # there is nothing like that
    404: {'remove_host', 'addSecurityGroup', 'removeSecurityGroup', 'addFloatingIp', 'removeFloatingIp',
          ('GET', '/images/{image_id}/metadata/{id}'), ('DELETE', '/images/{image_id}/metadata/{id}'),
          ('GET', '/servers/{server_id}/shares/{id}'), ('POST', '/servers/{server_id}/os-volume_attachments'),
          *((method, '/servers/{server_id}/os-volume_attachments/{id}') for method in ('GET', 'PUT', 'DELETE')),
          *((method, f'/os-{things}/{{id}}') for method in ('GET', 'DELETE') for things in ('volumes', 'snapshots'))},
    501: {('GET', '/os-hosts/{id}/startup'), ('GET', '/os-hosts/{id}/shutdown'), ('GET', '/os-hosts/{id}/reboot'),
          ('PUT', '/os-hosts/{id}'), ('GET', '/os-baremetal-nodes'), ('GET', '/os-baremetal-nodes/{id}')},
    401: {('GET', '/os-console-auth-tokens/{id}')},                           # below 2.31 of another type
}
# In Nova a node's other operations answer 400 to everybody; here they ask the rule for one.
BARE_METAL = 'os_compute_api:os-baremetal-nodes:show'


PRIVATE = [('GET', f'/{things}/{{id}}') for things in ('flavors', 'os-networks', 'os-tenant-networks')]
OUTSIDE = ('service', 'anonymous')        # not of the project, and no administrators


def present():
    """Yield the operations that are not removed."""
    return (operation for operation in operations() if not operation[2].removed)


def ends(operation):
    """Return the first and the last version of an operation."""
    found = operation[2]
    return sorted({found.min_version, found.max_version or versions.max_api_version()})


def rule_of(operation):
    """Return the one rule that decides about an operation, or None."""
    found = rules.rules_of(operation)
    if not found and operation[1].startswith('/os-baremetal-nodes'):
        found = [rule for rule in policies.list_rules() if rule.name == BARE_METAL]
    assert len(found) == 1 or operation[:2] in OPEN, (name_of(operation), [rule.name for rule in found])
    return found[0] if found else None


def may(name, operation):
    """Tell whether somebody may use an operation, by the text of its rule."""
    rule = rule_of(operation)
    if rule is None or rule.scope_types is None:
        return True
    return name in personas.ALLOWED[rule.check_str]


def succeeded(name, operation, answer):
    """Tell whether an answer is what those who may hear."""
    if answer.status < 300:
        return True
    if operation[1].startswith('/images') and operation[0] != 'GET':
        return answer.status in (403, 404) and 'Policy' not in answer.fault[1]      # the image service decides
    if operation[:2] in PRIVATE and name in OUTSIDE:
        return answer.status == 404
    kinds = REFUSALS.get(answer.status, ())
    return (operation[2].action or operation[:2]) in kinds


def was_refused(name, operation, answer):
    """Tell whether an answer is that of the rule; who is not of the project does not find what there is."""
    if answer.status == 404 and name in OUTSIDE and '{' in operation[1]:
        return True
    return answer.status == 403 and answer.fault == (
        'forbidden', f"Policy doesn't allow {rule_of(operation).name} to be performed.")


def report(found):
    return '\n'.join(map(str, found))


@pytest.mark.parametrize('name', personas.PERSONAS)
def test_a_rule_decides_at_every_version(world, api, name):  # noqa: F811
    client, wrong = personas.client(api, name), []
    for operation in list(present()):
        for version in ends(operation):
            answer = world.request(client, operation, version)
            as_said = succeeded if may(name, operation) else was_refused
            if not as_said(name, operation, answer):
                wrong.append((answer.status, name_of(operation), str(version), answer.body[:160]))
            if operation[0] != 'GET' and answer.status < 300:
                world.restore()
    assert not wrong, report(wrong)


def test_all_rules_are_of_a_known_kind():
    used = {rule.check_str for rule in policies.list_rules() if ':' in rule.name}
    assert used <= set(personas.ALLOWED)


@pytest.mark.parametrize('root', ['/v2', '/v2.1', f'/v2/{personas.OWN}', f'/v2.1/{personas.OWN}'])
def test_no_way_in_gets_round_a_rule(world, api, root):  # noqa: F811
    client, open_ones = api.user('reader', personas.OWN, root=root), []
    for operation in list(present()):
        found = operation[2]
        if may('reader', operation) or found.min_version > versions.parse('2.1'):
            continue
        answer = world.request(client, operation, found.min_version)
        if not was_refused('reader', operation, answer):
            open_ones.append((answer.status, name_of(operation), answer.body[:160]))
    assert not open_ones, report(open_ones)


def test_no_version_outside_of_its_range_offers_an_operation(world, api):  # noqa: F811
    offered = []
    names = {}
    for operation in present():
        names.setdefault((*operation[:2], operation[2].action), []).append(operation[2])
    for (method, path, action), methods in names.items():
        for version in map(versions.parse, ('2.1', '2.104')):
            if not any(version.matches(found.min_version, found.max_version) for found in methods):
                answer = world.request(personas.client(api, 'admin'), (method, path, methods[0]), version)
                if answer.status != 404:
                    offered.append((answer.status, method, path, action, str(version)))
    assert offered == []


def test_a_url_of_another_project_is_refused(world, api):  # noqa: F811
    for name in ('reader', 'member', 'manager', 'admin'):
        client = api.user(name, str(personas.PERSONAS[name][1]), root=f'/v2.1/{personas.OTHER}')
        assert client.get('/servers').status == 400
