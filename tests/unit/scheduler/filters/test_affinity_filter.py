# SPDX-License-Identifier: Apache-2.0
"""SameHostFilter and DifferentHostFilter: where a server is, its claim says."""
import pytest

from mininova.db import claims
from mininova.scheduler import filters
from mininova.scheduler.filters import affinity_filter
from tests.unit.scheduler import states


@pytest.fixture
def placed(fleet):
    """A server on cmp1; gives (its uuid, {host: host state})."""
    node_id = fleet.add_host('cmp1')
    fleet.add_host('cmp2')
    server = fleet.add_server()
    assert claims.claim(server, node_id, 1, 1, 1)
    return server, {host.host: host for host in fleet.manager.driver.host_manager.get_all_host_states()}


def test_same_host_passes_only_the_host_of_the_server(fleet, placed):
    server, hosts = placed
    tester = affinity_filter.SameHostFilter(fleet.spec(scheduler_hints={'same_host': [server]}))
    assert tester.host_passes(hosts['cmp1']) is filters.PASS
    assert tester.host_passes(hosts['cmp2']).text == f'without server {server}'


def test_one_of_several_servers_is_enough_for_same_host(fleet, placed):
    server, hosts = placed
    other = fleet.add_server()
    tester = affinity_filter.SameHostFilter(fleet.spec(scheduler_hints={'same_host': [other, server]}))
    assert tester.host_passes(hosts['cmp1']) is filters.PASS


def test_different_host_refuses_the_host_of_the_server(fleet, placed):
    server, hosts = placed
    tester = affinity_filter.DifferentHostFilter(fleet.spec(scheduler_hints={'different_host': [server]}))
    assert tester.host_passes(hosts['cmp1']).text == f'has server {server}'
    assert tester.host_passes(hosts['cmp2']) is filters.PASS


def test_a_hint_may_be_a_single_text(fleet, placed):
    server, hosts = placed
    tester = affinity_filter.DifferentHostFilter(fleet.spec(scheduler_hints={'different_host': server}))
    assert tester.host_passes(hosts['cmp1'])


def test_without_a_hint_neither_has_a_say(fleet):
    for cls in (affinity_filter.SameHostFilter, affinity_filter.DifferentHostFilter):
        assert not cls(fleet.spec(scheduler_hints={'group': ['g']})).applies


# -- near an address -------------------------------------------------------------------------


@pytest.mark.parametrize(('near', 'cidr', 'address', 'expected'), [
    ('10.0.0.77', None, '10.0.0.1', True),
    ('10.0.1.77', None, '10.0.0.1', 'has address 10.0.0.1, not in 10.0.1.0/24'),
    ('10.0.1.77', '/16', '10.0.0.1', True),
    ('10.0.0.77', '/255.255.255.192', '10.0.0.1', 'has address 10.0.0.1, not in 10.0.0.64/26'),
    ('fd00::1', '/64', 'fd00::2', True),
    ('fd00::1', '/64', '10.0.0.1', 'has address 10.0.0.1, not in fd00::/64'),
    ('10.0.0.77', None, None, 'has address None, not in 10.0.0.0/24'),
    ('10.0.0.77', '/99', '10.0.0.1', 'cannot be near 10.0.0.77/99, which is no network'),
    ('here', None, '10.0.0.1', 'cannot be near here/24, which is no network'),
])
def test_a_host_is_near_if_its_address_is_in_the_network(near, cidr, address, expected):
    hints = {'build_near_host_ip': [near], **({'cidr': [cidr]} if cidr else {})}
    tester = affinity_filter.SimpleCIDRAffinityFilter(states.spec(scheduler_hints=hints))
    assert tester.applies
    reason = tester.host_passes(states.state(host_ip=address))
    assert (True if reason is filters.PASS else reason.text) == expected


def test_without_an_address_near_which_it_has_no_say():
    assert not affinity_filter.SimpleCIDRAffinityFilter(states.spec(scheduler_hints={'cidr': ['/24']})).applies
