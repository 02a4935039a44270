# SPDX-License-Identifier: Apache-2.0
"""Zones, hosts and hints of a create request."""
import pytest

from mininova import exception
from mininova.compute import create_placement


@pytest.mark.parametrize('text, found', [
    (None, (None, None, None)), ('east', ('east', None, None)), ('east:h', ('east', 'h', None)),
    ('east:h:n', ('east', 'h', 'n')), ('east::n', ('east', None, 'n')), (':h', (None, 'h', None))])
def test_a_zone_may_carry_host_and_node(text, found):
    assert create_placement.parse_availability_zone(text) == found


def test_more_than_two_colons_are_refused():
    with pytest.raises(exception.InvalidInput):
        create_placement.parse_availability_zone('a:b:c:d')


def test_hints_become_lists_of_texts():
    assert create_placement.normalize_hints({'a': 'x', 'b': ['y', 'z'], 'query': {'k': [1]}}) == {
        'a': ['x'], 'b': ['y', 'z'], 'query': ['{"k": [1]}']}


def test_sixty_four_hint_values_are_the_most():
    create_placement.normalize_hints({'same_host': ['x'] * 64})
    with pytest.raises(exception.InvalidInput):
        create_placement.normalize_hints({'same_host': ['x'] * 64, 'group': 'y'})
