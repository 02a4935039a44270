# SPDX-License-Identifier: Apache-2.0
"""Numbers beyond every limit are refused without being computed with."""
import pytest

from mininova import exception
from mininova.api.validation import validators

PORT = validators.Body({'type': ['integer', 'string'], 'pattern': r'^-?[0-9]*\Z', 'minimum': 1, 'maximum': 65535})


@pytest.mark.parametrize('value', [1, '1', 65535, '65535'])
def test_numbers_and_their_texts_within_the_limits(value):
    PORT.validate(value)


@pytest.mark.parametrize('value', [0, '0', 65536, '65536', '9' * 4300, '9' * 5000, '-' + '9' * 5000, 2 ** 70])
def test_numbers_beyond_the_limits_however_long(value):
    with pytest.raises(exception.ValidationError):
        PORT.validate(value)
