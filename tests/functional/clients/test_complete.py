# SPDX-License-Identifier: Apache-2.0
"""Nothing that a client offers is forgotten: a new release of one shows here what the tables lack."""
import pytest

from tests.functional.clients import page, rows, sdk_table


def covered(program):
    if program == 'sdk':
        return {call.method for call in sdk_table.CALLS}
    return {rows.command_of(row, page.commands(program)) for row in page.ROWS[program]} - {None}


@pytest.mark.parametrize('program', page.LEFT_OUT)
def test_whatever_a_client_offers_is_in_the_tables_or_left_out_for_a_reason(program):
    offered = page.sdk_methods() if program == 'sdk' else page.commands(program)
    assert offered - covered(program) == set(page.LEFT_OUT[program])


@pytest.mark.parametrize('program', page.ROWS)
def test_rows_begin_with_commands_that_there_are(program):
    builtin = ('help', 'bash-completion')           # of the program itself
    assert not [row.command for row in page.ROWS[program] if rows.command_of(row, page.commands(program)) is None
                and not row.command.startswith(builtin)]


@pytest.mark.parametrize('program', page.ROWS)
def test_the_page_has_what_the_tables_have(program):
    written = page.read_table(program)
    wanted = page.table(program)
    assert {command: columns[program == 'openstack':] for command, columns in written.items()} == wanted


@pytest.mark.parametrize('program, commands', page.LEFT_OUT.items())
def test_the_page_names_what_is_left_out(program, commands):
    text = page.PAGE.read_text()
    assert not [command for command in commands if f'``{command}``' not in text]


def pins(path):
    """Return {package: version} of a file of constraints."""
    return dict(line.split('===') for line in (page.ROOT / path).read_text().splitlines() if '===' in line)


def test_the_lab_has_the_same_clients():
    """What both files pin, the one of devstack and that of the tests, they pin alike; the page names the versions."""
    tested, lab = pins('upper-constraints.txt'), pins('devstack/files/client-constraints.txt')
    assert {name: version for name, version in lab.items() if name in tested} == {
        name: version for name, version in tested.items() if name in lab}
    text = page.PAGE.read_text()
    for package in ('python-openstackclient', 'python-novaclient', 'openstacksdk'):
        assert f'{package} {tested[package].rpartition(".")[0]}' in text


NOVA_PRINTS = """\
+----------+-------+
| Property | Value |
+----------+-------+
| id       | 1     |
| links    | one,  |
|          | two   |
+----------+-------+
"""
NOVA_LISTS = """\
+------+------+
| Verb | Unit |
+------+------+
+------+------+
+---------+-----+
| Name    | Max |
+---------+-----+
| |- Cores | 20 |
+---------+-----+
"""


def test_tables_of_novaclient_are_read():
    assert rows.read_tables(NOVA_PRINTS) == {'id': '1', 'links': 'one,two'}
    assert rows.read_tables(NOVA_LISTS.replace('Cores | 20 |', 'Core | 20  |')) == [{'Name': '|- Core', 'Max': '20'}]
    assert rows.read_tables('') == []


@pytest.mark.parametrize('wanted, got, verdict', [
    ({'a': 1}, {'a': 1, 'b': 2}, True), ({'a': 1}, {'a': 2}, False), ({'a': 1}, {'b': 1}, False), ({'a': 1}, [], False),
    ({'a': 1}, {'a': '1'}, True), ({'a': True}, {'a': 'True'}, False), ({'a': '1'}, {'a': 1}, True),
    ([{'a': 1}], [{'a': 2}, {'a': 1}], True), ([{'a': 1}], [{'a': 2}], False), ([], [], True), ([], [1], False),
    (rows.UUID, '00000000-0000-0000-0000-000000000001', True), (rows.UUID, 'vm1', False), (rows.ANY, '', False)])
def test_what_is_shown_is_compared_with_what_is_wanted(wanted, got, verdict):
    assert rows.matches(wanted, got) is verdict


def test_rows_apply_from_a_microversion_to_another():
    row = rows.demo('list', since='2.10', until='2.37')
    versions = ('2.9', '2.10', '2.37', '2.38', None)
    assert [version for version in versions if rows.applies(row, version)] == ['2.10', '2.37']
    assert rows.applies(rows.demo('list', since='2.101'), None)
    assert rows.command_of(rows.demo('server add port vm1 x'), {'server', 'server add port'}) == 'server add port'
