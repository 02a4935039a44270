# SPDX-License-Identifier: Apache-2.0
"""Rules: loading, overriding, reloading, and that the fast way decides like the library."""
import os
import threading
import time

import pytest
from oslo_policy import policy as oslo_policy

from mininova import context, policy
from mininova.conf import CONF


@pytest.fixture(autouse=True)
def _fresh(tmp_path):
    CONF([], project='nova', default_config_files=[])
    policy.reset()
    policy.init()
    policy.reset()
    CONF.set_override('policy_file', str(tmp_path / 'policy.yaml'), 'oslo_policy')
    yield
    CONF.clear_override('policy_file', 'oslo_policy')
    policy.reset()


def who(project='p', roles=('member', 'reader'), is_admin=False):
    return context.RequestContext(user_id='u', project_id=project, roles=list(roles), is_admin=is_admin)


@pytest.mark.parametrize(('rule', 'caller', 'target', 'allowed'), [
    ('project_member_or_admin', {}, {'project_id': 'p'}, True),
    ('project_member_or_admin', {}, {'project_id': 'q'}, False),
    ('project_member_or_admin', {'roles': ['reader']}, {'project_id': 'p'}, False),
    ('project_reader_or_admin', {'roles': ['reader']}, {'project_id': 'p'}, True),
    ('project_member_or_admin', {'roles': ['admin'], 'is_admin': True}, {'project_id': 'q'}, True),
    ('admin_or_owner', {'roles': []}, {'project_id': 'p'}, True),
    ('admin_api', {}, {'project_id': 'p'}, False),
    ('admin_api', {'is_admin': True}, {}, True),
    ('context_is_admin', {'roles': ['ADMIN']}, {}, True),
    ('os_compute_api:extensions', {'roles': []}, {}, True),
])
def test_default_rules(rule, caller, target, allowed):
    assert who(**caller).can(rule, target, fatal=False) is allowed


def test_the_callers_own_things_are_the_default_target():
    assert who().can('project_member_or_admin') is True


def test_a_refusal_is_a_403_that_names_the_rule():
    with pytest.raises(policy.exception.PolicyNotAuthorized, match='admin_api') as caught:
        who().can('admin_api')
    assert caught.value.code == 403


def test_an_unknown_rule_is_an_error_and_no_permission():
    with pytest.raises(oslo_policy.PolicyNotRegistered):
        who(is_admin=True).can('os_compute_api:no-such-thing')


def write(tmp_path, text):
    path = tmp_path / 'policy.yaml'
    path.write_text(text)
    # A file written twice within the clock's grain must still look changed.
    os.utime(path, ns=(time.time_ns(), time.time_ns()))


def test_the_file_overrides_the_code(tmp_path):
    write(tmp_path, '"os_compute_api:extensions": "rule:admin_api"\n')
    assert who().can('os_compute_api:extensions', {}, fatal=False) is False


def test_a_changed_file_is_seen_within_a_second_and_a_removed_one_too(tmp_path, monkeypatch):
    monkeypatch.setattr(policy, 'RELOAD_SECONDS', 0.0)
    assert who().can('os_compute_api:extensions', {}, fatal=False) is True
    write(tmp_path, '"os_compute_api:extensions": "!"\n')
    assert who().can('os_compute_api:extensions', {}, fatal=False) is False
    write(tmp_path, '"os_compute_api:extensions": "role:reader or role:other"\n')
    assert who().can('os_compute_api:extensions', {}, fatal=False) is True
    write(tmp_path, '"os_compute_api:extensions": "!"\n')
    assert who().can('os_compute_api:extensions', {}, fatal=False) is False
    (tmp_path / 'policy.yaml').unlink()
    assert who().can('os_compute_api:extensions', {}, fatal=False) is True


@pytest.mark.parametrize('text', ['a: b: c', '"os_compute_api:extensions": "rule:admin_api', '- 1\n- 2\n'])
def test_a_broken_file_leaves_the_rules_before_it(tmp_path, monkeypatch, text, caplog):
    monkeypatch.setattr(policy, 'RELOAD_SECONDS', 0.0)
    write(tmp_path, '"os_compute_api:extensions": "!"\n')
    assert who().can('os_compute_api:extensions', {}, fatal=False) is False
    write(tmp_path, text)
    assert who().can('os_compute_api:extensions', {}, fatal=False) is False
    assert 'the rules before it stay' in caplog.text


def test_a_broken_file_stops_the_start(tmp_path):
    write(tmp_path, 'a: b: c')
    with pytest.raises(Exception, match='.'):
        policy.init()


def test_the_file_is_not_looked_at_for_every_request(monkeypatch):
    caller = who()
    caller.can('os_compute_api:extensions', {})
    monkeypatch.setattr(policy, '_fingerprint', lambda: pytest.fail('looked'))
    for _number in range(100):
        caller.can('os_compute_api:extensions', {})


def test_fifty_first_requests_at_once_are_all_decided_rightly():
    for _round in range(3):
        policy.reset()
        results, start = [], threading.Barrier(50)

        def ask(number, results=results, start=start):
            start.wait()
            caller = who(is_admin=bool(number % 2), roles=['admin'] if number % 2 else [])
            results.append(caller.can('admin_api', {}, fatal=False) == bool(number % 2))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [True] * 50


RULES = ['@', '!', '', 'role:member', 'not role:member', 'role:member and role:reader', 'role:x or role:reader',
         '(role:x or role:member) and not role:y', 'rule:admin_api', 'project_id:%(project_id)s',
         'user_id:%(user_id)s and project_id:%(project_id)s', 'True:%(enabled)s', "'p':%(project_id)s",
         'is_admin:False', 'user_id:%(missing)s', 'no_such_attribute:x', 'rule:project_member_or_admin',
         'not (role:x or rule:admin_api)']


@pytest.mark.parametrize('text', RULES)
def test_the_fast_way_decides_like_the_library(text):
    enforcer = policy.init(rules={'os_compute_api:extensions': text}, policy_file=None)
    for caller in (who(), who(project='q'), who(roles=[]), who(roles=['admin'], is_admin=True), who(roles=['x', 'y'])):
        for target in ({'project_id': 'p', 'user_id': 'u', 'enabled': True}, {'project_id': 'q'}, {}):
            values = caller.to_policy_values()
            fast = enforcer.authorize('os_compute_api:extensions', target, values)
            slow = bool(super(policy._Enforcer, enforcer).authorize('os_compute_api:extensions', target, values))
            assert fast == slow


def test_a_token_for_a_domain_is_no_token_for_a_project():
    caller = context.RequestContext(user_id='u', domain_id='d', roles=['admin'], is_admin=True)
    assert caller.can('os_compute_api:extensions', {}, fatal=False) is False


def test_command_line_tools_get_a_loaded_enforcer():
    assert 'os_compute_api:extensions' in policy.get_enforcer().registered_rules
