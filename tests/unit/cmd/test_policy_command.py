# SPDX-License-Identifier: Apache-2.0
"""nova-policy: the rules that credentials pass, with policy.yaml."""
import pytest

from mininova import policy
from mininova.cmd import policy as command
from mininova.db import models

UUID = '11111111-1111-4111-8111-111111111111'
KEYPAIRS = [f'os_compute_api:os-keypairs:{name}' for name in ('index', 'create', 'delete', 'show')]


@pytest.fixture
def run(conf, database, tmp_path, monkeypatch, capsys):
    """Return a function that runs the command and gives (status, printed lines)."""
    for name in ('OS_ROLES', 'OS_USER_ID', 'OS_TENANT_ID'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(command.config, 'parse_args', lambda argv, configure_rpc: None)
    conf.config(group='oslo_policy', policy_file=str(tmp_path / 'policy.yaml'))

    def run(*words):
        status = command.main(list(words))
        return status, capsys.readouterr().out.splitlines()
    return run


def rules(run, roles, *words, project='p'):
    return run('--os-roles', roles, '--os-user-id', 'u', '--os-tenant-id', project, 'policy', 'check', *words)[1]


def test_a_reader_looks_and_a_member_changes(run):
    reader, member, admin = (rules(run, roles, '--api-name', 'os_compute_api:servers:') for roles in (
        'reader', 'member,reader', 'admin'))
    assert 'os_compute_api:servers:index' in reader and 'os_compute_api:servers:create' not in reader
    assert set(reader) < set(member) < set(admin)


def test_what_is_not_passed_is_said(run):
    assert run('--os-roles', 'reader', 'policy', 'check', '--api-name', 'os-aggregates') == (
        1, ['No rules matched or allowed'])


def test_credentials_come_from_the_environment(run, monkeypatch):
    for name, value in (('OS_ROLES', 'member, reader'), ('OS_USER_ID', 'u'), ('OS_TENANT_ID', 'p')):
        monkeypatch.setenv(name, value)
    assert run('policy', 'check', '--api-name', 'servers:start') == (0, ['os_compute_api:servers:start'])


def test_the_target_decides(run):
    name = ('--api-name', 'servers:start')
    assert rules(run, 'member', *name, '--target', 'project_id=p') == ['os_compute_api:servers:start']
    assert rules(run, 'member', *name, '--target', 'project_id=q') == ['No rules matched or allowed']
    assert rules(run, 'reader', '--api-name', 'os-keypairs', '--target', 'user_id=u', 'project_id=q') == sorted(
        KEYPAIRS, key=rules(run, 'admin', '--api-name', 'os-keypairs').index)


def test_a_server_says_whose_it_is(run, database):
    with database.writer() as connection:
        connection.execute(models.instances.insert().values(uuid=UUID, project_id='q', user_id='v'))
    target = ('--api-name', 'servers:start', '--target', f'instance_id={UUID}')
    assert rules(run, 'member', *target, project='q') == ['os_compute_api:servers:start']
    assert rules(run, 'member', *target) == ['No rules matched or allowed']
    assert run('policy', 'check', '--target', 'instance_id=99999999-9999-4999-8999-999999999999')[0] == 1


@pytest.mark.parametrize('words', [(), ('policy',), ('policy', 'check', '--target', 'x'),
                                   ('policy', 'check', '--target', 'colour=red')])
def test_a_wrong_command_says_so(run, words, capsys):
    with pytest.raises(SystemExit) as caught:
        run(*words)
    assert caught.value.code == 2


def test_the_policy_file_overrides(run, tmp_path):
    assert 'os_compute_api:os-aggregates:index' not in rules(run, 'reader')
    (tmp_path / 'policy.yaml').write_text('"os_compute_api:os-aggregates:index": "role:reader"\n'
                                          '"os_compute_api:servers:index": "!"\n')
    policy.reset()
    found = rules(run, 'reader')
    assert 'os_compute_api:os-aggregates:index' in found
    assert 'os_compute_api:servers:index' not in found and 'os_compute_api:servers:detail' in found
