# SPDX-License-Identifier: Apache-2.0
"""Allocation ratios of aggregates: filter, claim, alternates and what is told agree, to the last unit."""
import collections

import pytest
from oslo_messaging.rpc import dispatcher

from mininova import objects
from mininova.cmd import manage_scheduler
from mininova.db import aggregates, claims
from mininova.scheduler import capacity
from tests.fixtures import scheduler_race

RATIO = 'cpu_allocation_ratio'


@pytest.fixture
def by_aggregate(conf):
    """Let the scheduler take ratios from aggregates, as the documentation says."""
    conf.config(group='filter_scheduler', enabled_filters=[
        'ComputeFilter', 'AggregateRamFilter', 'AggregateCoreFilter', 'AggregateDiskFilter'])


def place_all(fleet, **wanted):
    """Schedule until nothing fits; returns how many servers each host got, and the last error."""
    hosts = []
    while True:
        try:
            hosts.append(fleet.host_of(**wanted))
        except dispatcher.ExpectedException as error:
            assert claims.audit() == ([], [])
            return collections.Counter(hosts), error.exc_info[1].format_message()


def test_an_aggregate_allows_more_and_less_than_its_hosts_say(fleet, by_aggregate):
    for host in ('more', 'less', 'same'):
        fleet.add_host(host, vcpus=4, cpu_allocation_ratio=2.0)
    aggregates.create('packed', {RATIO: '3.5'}, ['more'])
    aggregates.create('calm', {RATIO: '0.5'}, ['less'])
    found, text = place_all(fleet, memory_mb=1, root_gb=0)
    assert found == {'more': 14, 'less': 2, 'same': 8}
    assert '3 AggregateCoreFilter (needs 1 VCPUs, most free 0 VCPUs on more)' in text


@pytest.mark.parametrize(('ratio', 'column', 'wanted'), [
    ('ram_allocation_ratio', 'memory_mb', {'memory_mb': 100, 'root_gb': 0}),
    ('disk_allocation_ratio', 'local_gb', {'memory_mb': 1, 'root_gb': 100})])
def test_memory_and_disk_too(fleet, by_aggregate, ratio, column, wanted):
    fleet.add_host('cmp1', vcpus=100, **{column: 300})
    aggregates.create('packed', {ratio: '2'}, ['cmp1'])
    assert place_all(fleet, **wanted)[0] == {'cmp1': 6}


def test_of_several_aggregates_the_least_counts_and_wrong_values_do_not(fleet, by_aggregate):
    for host in ('several', 'wrong'):
        fleet.add_host(host, vcpus=2, cpu_allocation_ratio=2.0)
    aggregates.create('a', {RATIO: '9'}, ['several'])
    aggregates.create('b', {RATIO: '3'}, ['several'])
    aggregates.create('c', {RATIO: 'plenty'}, ['wrong'])
    assert place_all(fleet, memory_mb=1, root_gb=0)[0] == {'several': 6, 'wrong': 4}


def test_without_the_filter_the_metadata_means_nothing(fleet):
    fleet.add_host('cmp1', vcpus=2)
    aggregates.create('packed', {RATIO: '9'}, ['cmp1'])
    assert place_all(fleet, memory_mb=1, root_gb=0)[0] == {'cmp1': 2}


def test_beside_the_plain_filter_the_lesser_ratio_counts(fleet, conf):
    conf.config(group='filter_scheduler', enabled_filters=['CoreFilter', 'AggregateCoreFilter'])
    for host in ('more', 'less'):
        fleet.add_host(host, vcpus=2, cpu_allocation_ratio=2.0)
    aggregates.create('packed', {RATIO: '9'}, ['more'])
    aggregates.create('calm', {RATIO: '1'}, ['less'])
    found, text = place_all(fleet, memory_mb=1, root_gb=0)
    assert found == {'more': 4, 'less': 2}
    assert '2 AggregateCoreFilter (' in text


def test_a_change_of_the_metadata_counts_from_the_next_request_on(fleet, by_aggregate):
    fleet.add_host('cmp1', vcpus=2)
    aggregate = aggregates.create('packed', {RATIO: '2'}, ['cmp1'])
    assert place_all(fleet, memory_mb=1, root_gb=0)[0] == {'cmp1': 4}
    aggregates.update(aggregate, {RATIO: '3'}, 'nova', 'update')
    assert place_all(fleet, memory_mb=1, root_gb=0)[0] == {'cmp1': 2}
    aggregates.update(aggregate, {RATIO: None}, 'nova', 'update')
    assert 'free 0 VCPUs' in place_all(fleet, memory_mb=1, root_gb=0)[1]


def test_an_alternate_is_claimed_with_the_ratio_it_was_chosen_by(fleet, by_aggregate):
    for host, memory_mb in (('cmp1', 8000), ('cmp2', 4000)):
        fleet.add_host(host, vcpus=1, memory_mb=memory_mb)
    aggregates.create('packed', {RATIO: '2'}, ['cmp1', 'cmp2'])
    chosen, alternate = fleet.schedule(vcpus=2)[0]
    assert (chosen['host'], alternate['host'], alternate['ratios']) == ('cmp1', 'cmp2', {RATIO: 2.0})
    node = objects.ComputeNode.get_by_id(fleet.context, alternate['compute_node_id'])
    server = fleet.add_server()
    assert not node.claim(server, 2, 1, 1)
    assert node.claim(server, 2, 1, 1, ratios=alternate['ratios'])
    assert not node.claim(fleet.add_server(), 1, 1, 1, ratios=alternate['ratios'])
    assert claims.audit() == ([], [])


def test_a_forced_host_is_held_to_the_ratio_of_its_aggregate(fleet, by_aggregate):
    fleet.add_host('cmp1', vcpus=1)
    aggregates.create('packed', {RATIO: '2'}, ['cmp1'])
    assert place_all(fleet, memory_mb=1, force_hosts=['cmp1'])[0] == {'cmp1': 2}


def test_what_is_told_of_a_host_agrees(fleet, by_aggregate):
    fleet.add_host('cmp1', vcpus=2, reserved_vcpus=1)
    aggregates.create('packed', {RATIO: '3'}, ['cmp1'])
    found, = capacity.of_hosts(fleet.manager.driver.host_manager, fleet.spec(memory_mb=1, root_gb=0))
    assert (found.fits, found.limit) == (3, 'VCPUs')
    server = fleet.add_server()
    with pytest.raises(dispatcher.ExpectedException):
        fleet.schedule([server], vcpus=4)
    fleet.manager.reports.flush(10)
    text = manage_scheduler.explain_key(server)
    assert 'cmp1: needs 4 VCPUs, free 3 VCPUs = (2 - 1 reserved) x 3 of packed - 0 claimed' in text
    assert 'to get past AggregateCoreFilter: metadata cpu_allocation_ratio of the aggregates' in text


def test_racing_schedulers_fill_hosts_exactly_to_the_ratio_of_the_aggregate(fleet, by_aggregate):
    for host in ('cmp1', 'cmp2'):
        fleet.add_host(host, memory_mb=1024, vcpus=1000)
    aggregates.create('packed', {'ram_allocation_ratio': '2.5'}, ['cmp1'])
    aggregates.create('calm', {'ram_allocation_ratio': '0.5'}, ['cmp2'])
    outcome = scheduler_race.race_of_threads([fleet.add_server() for _ in range(40)], memory_mb=128)
    assert collections.Counter(outcome.values()) == {'cmp1': 20, 'cmp2': 4, None: 16}
    assert claims.audit() == ([], [])
