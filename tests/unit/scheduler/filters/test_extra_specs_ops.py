# SPDX-License-Identifier: Apache-2.0
"""The language of requirements in extra specs."""
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mininova.scheduler.filters import extra_specs_ops

WORD = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)
NUMBER = st.integers(-10 ** 6, 10 ** 6) | st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(('value', 'requirement', 'expected'), [
    ('1', '1', True), ('1', '', False), ('3', '1', False), ('222', '2', False), ('', '', True),
    ('123', '= 123', True), ('124', '= 123', True), ('34', '= 234', False), ('34', '=', False),
    ('123', 's== 123', True), ('1234', 's== 123', False), ('1234', 's!= 123', True), ('123', 's!= 123', False),
    ('1000', 's>= 234', False), ('1234', 's<= 1000', False), ('2', 's< 12', False), ('12', 's> 2', False),
    ('12311321', '<in> 11', True), ('12311321', '<in> 12311321', True), ('12310321', '<in> 11', False),
    ("['aes', 'mmx', 'aux']", '<all-in> aes mmx', True), ("['aes', 'mmx']", '<all-in> aes txt', False),
    ('12', '<or> 11 <or> 12', True), ('13', '<or> 11 <or> 12', False), ('12', '<or> 12', True), ('12', '<or>', False),
    ('2.0', '<= 10', True), ('2', '== 2.0', True), ('3', '!= 3.0', False), ('2', '>= 3', False),
    ('two', '>= 2', False), ('2', '>= two', False), ('2', '>> 1', False), ('>> 1', '>> 1', True),
])
def test_table(value, requirement, expected):
    assert extra_specs_ops.match(value, requirement) is expected


@given(NUMBER, NUMBER)
def test_numbers_compare_as_numbers(value, wanted):
    results = {head: extra_specs_ops.match(str(value), f'{head} {wanted}') for head in ('==', '!=', '<=', '>=', '=')}
    assert results == {'==': float(value) == float(wanted), '!=': float(value) != float(wanted),
                       '<=': float(value) <= float(wanted), '>=': float(value) >= float(wanted),
                       '=': float(value) >= float(wanted)}


@given(WORD, WORD)
def test_texts_compare_as_texts(value, wanted):
    assert extra_specs_ops.match(value, f's== {wanted}') is (value == wanted)
    assert extra_specs_ops.match(value, f's< {wanted}') is not extra_specs_ops.match(value, f's>= {wanted}')
    assert extra_specs_ops.match(value, f's> {wanted}') is not extra_specs_ops.match(value, f's<= {wanted}')


@given(WORD, st.lists(WORD, min_size=1, max_size=5))
def test_or_is_membership(value, choices):
    assert extra_specs_ops.match(value, ' '.join(f'<or> {choice}' for choice in choices)) is (value in choices)


@given(st.text(max_size=30), st.text(max_size=30))
def test_nothing_makes_it_fail(value, requirement):
    assert extra_specs_ops.match(value, requirement) in (True, False)


def test_what_is_no_number_matches_no_comparison():
    assert extra_specs_ops.match('nan', '>= 1') is False
    assert extra_specs_ops.match(str(math.inf), '>= 1') is True
