# SPDX-License-Identifier: Apache-2.0
"""Names of servers of one request."""
import pytest

from mininova.compute import create_names


def test_one_server_keeps_the_name():
    assert create_names.display_name('vm', 0, 1) == 'vm'


def test_several_servers_are_numbered_from_one():
    assert [create_names.display_name('vm', index, 3) for index in range(3)] == ['vm-1', 'vm-2', 'vm-3']


def test_the_number_stays_whole_when_the_name_is_long():
    assert create_names.display_name('x' * 255, 99, 100) == 'x' * 251 + '-100'


def test_the_host_name_is_the_one_asked_for_or_made_of_the_name():
    assert create_names.hostname('u', 'My VM', 'h.example.org') == 'h.example.org'
    assert create_names.hostname('u', 'My VM') == 'my-vm'
    assert create_names.hostname('u', '漢') == 'Server-u'


@pytest.mark.parametrize('name, host', [
    ('Web Server_1', 'web-server-1'), ('guest-1.domain.com', 'guest-1-domain-com'), ('.-x-.', 'x'),
    ('a' * 62 + '.b', 'a' * 62), ('\N{SNOWMAN}', 'Server-7')])
def test_a_host_name_is_what_the_name_allows(name, host):
    assert create_names.hostname(7, name) == host
