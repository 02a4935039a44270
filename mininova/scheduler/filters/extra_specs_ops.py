# SPDX-License-Identifier: Apache-2.0
"""The little language of requirements in flavor extra specs.  Nova: nova/scheduler/filters/extra_specs_ops.py.

===============================  =====================================================
``text``                         equal to the text
``= 4``, ``>= 4``                a number that is at least 4 (``=`` is historical)
``== 4``, ``!= 4``, ``<= 4``     compared as numbers
``s== a``, ``s!=``, ``s<`` ...   compared as texts
``<in> a``                       contains the text
``<all-in> a b``                 contains each of the texts
``<or> a <or> b``                equal to one of the texts
===============================  =====================================================

Where Nova compares what is no number with a number it fails with an error; here it does not match.
"""
import operator

_NUMBERS = {'=': operator.ge, '==': operator.eq, '!=': operator.ne, '>=': operator.ge, '<=': operator.le}
_TEXTS = {'s==': operator.eq, 's!=': operator.ne, 's<': operator.lt, 's<=': operator.le, 's>': operator.gt,
          's>=': operator.ge}


def compile_requirement(requirement):
    """Return a function that tells of a value, given as text, whether it meets a requirement."""
    words = requirement.split()
    head, rest = (words[0], words[1:]) if words else ('', [])
    if head == '<or>':
        choices = set(words[1::2])
        return lambda value: value in choices
    if head == '<all-in>':
        return lambda value: bool(rest) and all(word in value for word in rest)
    if head == '<in>':
        return lambda value: bool(rest) and rest[0] in value
    if head in _TEXTS:
        return lambda value: bool(rest) and _TEXTS[head](value, rest[0])
    if head in _NUMBERS:
        return lambda value: bool(rest) and _compare_numbers(_NUMBERS[head], value, rest[0])
    return lambda value: value == requirement


def _compare_numbers(compare, value, wanted):
    try:
        return compare(float(value), float(wanted))
    except ValueError:
        return False


def match(value, requirement):
    """Tell whether a value, given as text, meets a requirement."""
    return compile_requirement(requirement)(value)
