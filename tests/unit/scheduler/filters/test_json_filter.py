# SPDX-License-Identifier: Apache-2.0
"""JsonFilter: what queries mean, and that none of them breaks anything."""
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mininova.scheduler import filters
from mininova.scheduler.filters import json_filter
from tests.unit.scheduler import states

HOST = {'memory_mb': 4096, 'local_gb': 200, 'stats': {'rack': 'r7', 'deep': {'er': 3}}, 'num_io_ops': 2}


def answer(query, **host):
    """Return True if the host passes, or the text of the reason."""
    text = query if isinstance(query, str) else json.dumps(query)
    tester = json_filter.JsonFilter(states.spec(scheduler_hints={'query': [text]}))
    assert tester.applies
    reason = tester.host_passes(states.state(**{**HOST, **host}))
    return True if reason is filters.PASS else reason.text


NO = 'not as the query says'


@pytest.mark.parametrize(('query', 'expected'), [
    (['>=', '$free_ram_mb', 4096], True),
    (['>', '$free_ram_mb', 4096], NO),
    (['and', ['>=', '$free_ram_mb', 1024], ['>=', '$free_disk_mb', 200 * 1024]], True),
    (['and', ['>=', '$free_ram_mb', 1024], ['>=', '$free_disk_mb', 200 * 1024 + 1]], NO),
    (['or', ['<', '$free_ram_mb', 1], ['<=', '$num_io_ops', 2]], True),
    (['or', ['and', ['<', '$free_ram_mb', 30], ['<', '$free_disk_mb', 300]],
      ['and', ['>', '$free_ram_mb', 30], ['>', '$free_disk_mb', 300]]], True),
    (['=', '$host', 'cmp1'], True),
    (['=', '$stats.rack', 'r7'], True),
    (['=', '$stats.deep.er', 3], True),
    (['not', ['=', '$host', 'cmp1']], NO),
    (['not', ['=', '$host', 'cmp2']], True),
    (['and', ['not', ['=', '$host', 'cmp1']]], NO),
    (['in', '$host', 'cmp3', 'cmp1'], True),
    (['in', '$host', 'cmp3', 'cmp2'], NO),
    (['in', 'vmx', 'aes', 'vmx'], True),
    (['<', 1, 2, 3], True), (['<', 2, 1, 3], NO),
    (['=', 'a', 'a', 'b'], NO),
    # one value, or none, compares to nothing
    (['=', '$host'], NO), (['<'], NO), (['in', 'a'], NO),
    # what the host does not have is left out
    (['=', '$no_such_thing', '$no_such_thing'], NO), (['=', '$stats.no.such', 1], NO), (['=', '$host.x', 1], NO),
    (['=', '$', ''], NO), (['or', '$service'], NO), (['=', '$as_destination', 'x'], NO),
    # what does not compare does not match
    (['<', '$host', 3], NO), (['>', {'a': 1}, 2], NO), (['<', '$cpu_info', '$stats'], NO),
    ([], True), (['and'], True), (['or'], NO), (['not'], NO),
    (['and', []], True), (['or', True], True), (['or', False, 0, None], NO),
])
def test_what_a_query_means(query, expected):
    assert answer(query) == expected


@pytest.mark.parametrize(('query', 'problem'), [
    ('{', 'it is no JSON: '), ('nothing', 'it is no JSON: '), ('"text"', 'it is no list'), ('3', 'it is no list'),
    ('{"and": []}', 'it is no list'), ('["!=", 1, 2]', '"!=" is none of = < > <= >= in not or and'),
    ('[["="]]', '["="] is none of'), ('[3]', '3 is none of'), ('["and", ["xor"]]', '"xor" is none of'),
    ('["not", ' * 60 + '1' + ']' * 60, 'it is nested more than 50 times'), ('[' * 5000, 'it is no JSON: '),
])
def test_a_query_that_cannot_be_understood_suits_no_host_and_the_reason_says_why(query, problem):
    assert answer(query).startswith(f'cannot be asked the query: {problem}')


def test_without_the_hint_it_has_no_say():
    for hints in ({}, {'query': []}, {'query': ['']}):
        assert not json_filter.JsonFilter(states.spec(scheduler_hints=hints)).applies


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=6),
    st.sampled_from([f'${name}' for name in sorted(json_filter.ATTRIBUTES)] + ['$stats.rack', '$host.x', '$', '$.']))
COMMANDS = st.one_of(st.sampled_from(sorted(json_filter.COMMANDS)), st.text(max_size=3))
QUERIES = st.recursive(VALUES, lambda inner: st.one_of(
    st.builds(lambda command, parts: [command, *parts], COMMANDS, st.lists(inner, max_size=4)),
    st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=2)), max_leaves=20)


@given(QUERIES)
def test_no_query_breaks_it(query):
    assert isinstance(answer(query), bool | str)


@given(st.text(min_size=1))
def test_no_text_breaks_it(text):
    assert isinstance(answer(text), bool | str)
