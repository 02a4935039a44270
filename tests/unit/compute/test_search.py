# SPDX-License-Identifier: Apache-2.0
"""List filters as users give them."""
import pytest

from mininova import exception
from mininova.compute import search


@pytest.mark.parametrize('pattern', ['vm', '^vm$', 'vm-[0-9]+', 'a.*b', r'\d+', '(a|b)', r'a\+b', 'a{3}',
                                     'web[0-9]{1,3}'])
def test_ordinary_patterns_are_accepted(pattern):
    assert search.check_pattern(pattern) == pattern


@pytest.mark.parametrize('pattern', ['(a+)+$', '(a*)*', '(a|aa)+', r'(a)\1', 'a*a*a*a*', '((ab)*)*', '(?P<x>a)(?P=x)',
                                     '[', 'x' * 256, '(x{1,9}){1,9}'])
def test_patterns_that_cost_too_much_are_refused(pattern):
    with pytest.raises(exception.InvalidInput):
        search.check_pattern(pattern)


def test_filters_become_conditions():
    where = search.to_conditions({
        'name': 'vm', 'image': 'http://h/images/1', 'flavor': '2', 'ip': '10.', 'ip6': 'fd', 'deleted': False,
        'tags': ['a'],
        'not-tags-any': ['b'], 'locked': True, 'config_drive': 'false', 'power_state': '4', 'project_id': 'p',
        'unknown': 'x'})
    assert where == {
        'exact': {'image_ref': '1', 'flavorid': '2', 'locked': True, 'config_drive': '', 'power_state': 4,
                  'project_id': 'p'},
        'patterns': {'display_name': 'vm'}, 'addresses': {4: '10.', 6: 'fd'}, 'deleted': False, 'tags': ['a'],
        'not_tags_any': ['b']}


@pytest.mark.parametrize('value', ['x', '99999999999'])
def test_numbers_must_be_numbers(value):
    with pytest.raises(exception.InvalidInput):
        search.to_conditions({'power_state': value})
