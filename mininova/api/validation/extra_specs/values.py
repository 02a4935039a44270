# SPDX-License-Identifier: Apache-2.0
"""Checks of the values of extra specs: functions that raise ValueError with the reason (nova-api)."""
import re

from oslo_utils import strutils

MAX_SHOWN = 100


def _shown(value):
    return repr(value if len(value) <= MAX_SHOWN else value[:MAX_SHOWN] + '...')


def anything(value):
    """Any text."""


def boolean(value):
    """A word for yes or no."""
    try:
        strutils.bool_from_string(value, strict=True)
    except ValueError:
        raise ValueError(f'{_shown(value)} is neither true nor false') from None


def integer(minimum=None, maximum=None):
    """A whole number in a range."""
    def check(value):
        try:
            number = int(value)
        except ValueError:
            raise ValueError(f'{_shown(value)} is not a whole number') from None
        if minimum is not None and number < minimum:
            raise ValueError(f'{number} is less than {minimum}')
        if maximum is not None and number > maximum:
            raise ValueError(f'{number} is greater than {maximum}')
    return check


def one_of(*words):
    """One of some words."""
    def check(value):
        if value not in words:
            raise ValueError(f'{_shown(value)} is not one of {", ".join(words)}')
    return check


def form(pattern):
    """A text of a certain form."""
    compiled = re.compile(pattern)

    def check(value):
        if not compiled.fullmatch(value):
            raise ValueError(f'{_shown(value)} has not the form {pattern}')
    return check
