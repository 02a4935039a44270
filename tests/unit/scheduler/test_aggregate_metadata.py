# SPDX-License-Identifier: Apache-2.0
"""What aggregates say together: the least number counts, a wrong one is told and none counts."""
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mininova.scheduler import aggregate_metadata
from tests.unit.scheduler import states

KINDS = (aggregate_metadata.number, aggregate_metadata.ratio, aggregate_metadata.count)


def test_values_are_kept_as_written_and_taken_apart():
    metadata = states.metadata({'ssd': 'true', 'zone': 'a, b'}, {'zone': 'b,c'})
    assert metadata.values == {'ssd': ('true',), 'zone': ('a, b', 'b,c')}
    assert metadata.texts == {'ssd': {'true'}, 'zone': {'a', 'b', 'c'}}
    assert metadata.names('zone') == ['a1', 'a2']
    assert [aggregate['id'] for aggregate in metadata.aggregates] == [1, 2]


def test_of_several_numbers_the_least_counts():
    metadata = states.metadata({'cpu_allocation_ratio': '10.5'}, {'cpu_allocation_ratio': '9'}, {})
    assert metadata.least('cpu_allocation_ratio', aggregate_metadata.ratio, 16.0) == 9.0


def test_without_the_key_the_default_counts():
    assert states.metadata({'ssd': 'true'}).least('ratio', aggregate_metadata.ratio, 16.0) == 16.0
    assert aggregate_metadata.NONE.least('ratio', aggregate_metadata.ratio, 16.0) == 16.0


def test_zero_is_a_number():
    assert states.metadata({'most': '0'}).least('most', aggregate_metadata.count, 8) == 0


@pytest.mark.parametrize(('kind', 'text'), [
    (aggregate_metadata.number, 'many'), (aggregate_metadata.number, ''), (aggregate_metadata.number, 'nan'),
    (aggregate_metadata.number, 'inf'), (aggregate_metadata.number, '1,2'), (aggregate_metadata.ratio, '-1.0'),
    (aggregate_metadata.count, '1.5'), (aggregate_metadata.count, '-1')])
def test_one_wrong_value_makes_the_default_count_and_is_told_once(kind, text, caplog):
    metadata = states.metadata({'key': '2'}, {'key': text})
    with caplog.at_level(logging.WARNING):
        assert [metadata.least('key', kind, 16.0) for _ in range(3)] == [16.0] * 3
    line, = caplog.messages
    assert line.startswith('Metadata key of aggregate a1, a2 is ignored')


def test_a_weight_may_be_negative():
    assert states.metadata({'ram_weight_multiplier': '-2'}).least(
        'ram_weight_multiplier', aggregate_metadata.number, 1.0) == -2.0


def test_hosts_in_the_same_aggregates_share_an_object():
    fast = {'id': 1, 'name': 'fast', 'hosts': ['cmp1', 'cmp2', 'cmp3'], 'metadata': {'ssd': 'true'}}
    rack = {'id': 2, 'name': 'rack', 'hosts': ['cmp3'], 'metadata': {'rack': '7'}}
    found = aggregate_metadata.by_host([fast, rack])
    assert found.keys() == {'cmp1', 'cmp2', 'cmp3'}
    assert found['cmp1'] is found['cmp2']
    assert found['cmp3'].texts == {'ssd': {'true'}, 'rack': {'7'}}


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4), st.sampled_from(KINDS))
def test_whatever_is_written_a_number_or_the_default_comes_out(texts, kind):
    found = states.metadata(*({'key': text} for text in texts)).least('key', kind, None)
    assert found is None or isinstance(found, int | float)
