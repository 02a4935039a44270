# SPDX-License-Identifier: Apache-2.0
"""Many reasons in one sentence."""
from mininova.scheduler import reasons
from tests.unit.scheduler import states


def rejected(*pairs):
    return [(states.state(host=host), reasons.Reason(name, text)) for host, name, text in pairs]


def test_the_most_frequent_filter_comes_first():
    text = reasons.sentence(3, rejected(('a', 'X', 'is red'), ('b', 'Y', 'is blue'), ('c', 'Y', 'is blue')), {})
    assert text == '0 of 3 hosts fit: 2 Y (b, c is blue), 1 X (a is red).'


def test_a_filter_may_summarise_in_its_own_words():
    text = reasons.sentence(1, rejected(('a', 'X', 'is red')), {'X': lambda pairs: f'{len(pairs)} red ones'})
    assert text == '0 of 1 hosts fit: 1 X (1 red ones).'


def test_long_lists_are_cut():
    assert reasons.join_hosts(['a', 'b', 'c']) == 'a, b, c'
    assert reasons.join_hosts(['a', 'b', 'c', 'd', 'e']) == 'a, b, c and 2 more'
    assert reasons.summarise(rejected(*((host, 'X', f'is {host}') for host in 'abcd'))) == 'a is a, b is b, ...'


def test_a_thousand_hosts_still_make_one_sentence_of_a_line():
    pairs = rejected(*((f'cmp{number}', 'ComputeFilter', f'down for {number} s') for number in range(1000)))
    assert len(reasons.sentence(1000, pairs, {})) < 150


def test_no_hosts_at_all():
    assert reasons.sentence(0, [], {}) == 'There are no compute hosts.'
