# SPDX-License-Identifier: Apache-2.0
"""IoOpsFilter, NumInstancesFilter and those by aggregate: one less than the limit passes."""
import pytest

from mininova.scheduler import filters
from mininova.scheduler.filters import io_ops_filter, num_instances_filter
from tests.unit.scheduler import states

CASES = [(io_ops_filter.IoOpsFilter, io_ops_filter.AggregateIoOpsFilter, 'num_io_ops', 8),
         (num_instances_filter.NumInstancesFilter, num_instances_filter.AggregateNumInstancesFilter, 'running_vms', 50)]


@pytest.mark.parametrize(('plain', 'by_aggregate', 'column', 'default'), CASES)
def test_the_default_is_novas(plain, by_aggregate, column, default):
    for cls in (plain, by_aggregate):
        tester = cls(states.spec())
        assert tester.host_passes(states.state(**{column: default - 1})) is filters.PASS
        reason = tester.host_passes(states.state(**{column: default}))
        assert (reason.filter, reason.wanted, reason.had) == (cls.__name__, default, default)
        assert f'the most are {default}' in reason.text


@pytest.mark.parametrize(('plain', 'by_aggregate', 'column', 'default'), CASES)
@pytest.mark.parametrize(('written', 'limit'), [
    ([{}], 5), ([{'KEY': '3'}], 3), ([{'KEY': '7'}, {'KEY': '4'}], 4), ([{'KEY': 'many'}], 5), ([{'KEY': '-1'}], 5),
    ([{'KEY': '0'}], 0)])
def test_the_least_of_the_aggregates_counts_or_else_the_option(conf, plain, by_aggregate, column, default, written,
                                                               limit):
    conf.config(group='filter_scheduler', **{plain.option: 5})
    written = [{plain.option: each['KEY']} if each else {} for each in written]
    counts = range(10)
    hosts = [states.state(aggregates=written, **{column: number}) for number in counts]
    tester = by_aggregate(states.spec())
    assert [tester.host_passes(host) is filters.PASS for host in hosts] == [number < limit for number in counts]
    tester = plain(states.spec())
    assert [tester.host_passes(host) is filters.PASS for host in hosts] == [number < 5 for number in counts]


def test_a_pick_counts_for_the_next_server_of_the_request():
    host = states.state(num_io_ops=7, running_vms=49)
    taken = host.consumed(1, 1, 1)
    for cls in (io_ops_filter.IoOpsFilter, num_instances_filter.NumInstancesFilter):
        assert cls(states.spec()).host_passes(host) is filters.PASS
        assert cls(states.spec()).host_passes(taken) is not filters.PASS
