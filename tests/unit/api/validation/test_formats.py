# SPDX-License-Identifier: Apache-2.0
"""The formats and shared types that schemas use."""
import pytest

from mininova import exception
from mininova.api.validation import formats, parameter_types, validators


def accepts(schema, value):
    try:
        validators.Body(schema).validate(value)
    except exception.ValidationError:
        return False
    return True


def fits(name, value):
    return accepts({'type': 'string', 'format': name}, value)


GOOD = {
    'name': ['a', 'a b', '<>&"\'', 'caf\u00e9', '\u4e2d\u6587', 'a\u00a0b', 'a' * 255],
    'name_with_leading_trailing_spaces': [' a ', 'a'],
    'az_name': ['nova', 'zone 1'],
    'az_name_with_leading_trailing_spaces': [' nova '],
    'keypair_name_20': ['my key_1-x'],
    'keypair_name_292': ['my.key@host'],
    'uuid': ['6f70656e-7374-6163-6b65-786365737300', '6f70656e73746163'
             '6b65786365737300'],
    'date-time': ['2011-01-21T11:33:21Z', '2011-01-21T11:33:21', '2011-01-21T11:33:21.123456+02:00'],
    'base64': ['YQ==', '', 'YWJj\n'],
    'uri': ['http://a/b', 'https://a.b:80/c?d=e'],
    'cidr': ['10.0.0.0/8', '2001:db8::/32'],
    'ipv4': ['192.0.2.1'],
    'ipv6': ['2001:db8::1'],
    'mac-address': ['fa:16:3e:00:00:01', 'FA:16:3E:00:00:01'],
    'regex': ['a.*', ''],
    'hostname': ['host-1', 'H'],
    'fqdn': ['host.example.org', 'host'],
}
BAD = {
    'name': ['', ' a', 'a ', 'a\n', '\n', 'a\0b', 'a\tb', 'a\u2028b', 'smile \U0001f600', '\ud800', '\u200b', '\ufeff'],
    'name_with_leading_trailing_spaces': ['  ', 'a\x07'],
    'az_name': ['a:b', ' a'],
    'az_name_with_leading_trailing_spaces': [' a:b ', ' '],
    'keypair_name_20': ['a.b', 'a@b', 'a/b', 'a\n', ' '],
    'keypair_name_292': ['a/b', 'a\n', ''],
    'uuid': ['6f70656e', '', 'g' * 32, '6f70656e-7374-6163-6b65-786365737300\n'],
    'date-time': ['yesterday', '2011-13-01T00:00:00Z', ''],
    'base64': ['\u00e9', 'a'],
    'uri': ['a', 'http://', 'http://a b/', '//a/b', 'http://[bad'],
    'cidr': ['10.0.0.0', '10.0.0.0/33', 'x/8'],
    'ipv4': ['1', '1.2.3', '1.2.3.256', '2001:db8::1'],
    'ipv6': ['192.0.2.1', ':::'],
    'mac-address': ['fa:16:3e:00:00', 'fa-16-3e-00-00-01', 'x'],
    'regex': ['(', '*a'],
    'hostname': ['a.b', '-a', 'a-', 'a_b', '', 'a' * 64, 'a\n'],
    'fqdn': ['a..b', '.a', 'a.', 'a b', 'a\n'],
}


@pytest.mark.parametrize(('name', 'value'), [(name, value) for name, values in GOOD.items() for value in values])
def test_a_format_accepts(name, value):
    assert fits(name, value)


@pytest.mark.parametrize(('name', 'value'), [(name, value) for name, values in BAD.items() for value in values])
def test_a_format_refuses(name, value):
    assert not fits(name, value)


def test_every_format_is_tried_here():
    assert set(GOOD) == set(BAD) == set(formats.CHECKER.checkers) - {'ip', 'printable'}


def test_formats_leave_other_types_to_the_type():
    for name in formats.CHECKER.checkers:
        assert accepts({'format': name}, 5)
        assert accepts({'format': name}, None)


@pytest.mark.parametrize(('schema', 'good', 'bad'), [
    ('positive_integer', [1, '1', 2**70], [0, '0', -1, '', 'a', '1\n', True, None, 1.5]),
    ('non_negative_integer', [0, '0', 5, '007'], [-1, '-1', '', ' 1', '1.0', '1\n']),
    ('flavor_param_positive', [1, 2**31 - 1, str(2**31 - 1)], [0, 2**31, str(2**31)]),
    ('boolean', [True, False, 'true', 'OFF', '1', '0', 'y'], ['maybe', 2, None, '', 'tRUE']),
    ('metadata', [{}, {'a': 'b'}, {'a-_:. b': ''}], [{'a/b': 'c'}, {'a': 1}, {'a' * 256: 'b'}, {'a': 'b' * 256},
                                                    {'': 'a'}, {'a\n': 'b'}, {'\u00e9': 'a'}, []]),
    ('tags', [[], ['a'], ['a b']], [['a,b'], ['a/b'], [''], ['a' * 61], ['a'] * 51, [1], 'a']),
    ('description', ['', 'a b', None, 'a' * 255], ['a' * 256, 'a\nb', 5]),
    ('ip_address', ['192.0.2.1', '2001:db8::1'], ['x', 5]),
    ('hostname_rfc1123', ['ab'], ['a', 'a' * 64, 'a.b']),
    ('project_id', ['abc-1'], ['', 'a_b', 'a\n']),
    ('none', ['None', None, {}], [[], 'none', 0]),
])
def test_shared_types(schema, good, bad):
    schema = getattr(parameter_types, schema)
    assert [value for value in good if not accepts(schema, value)] == []
    assert [value for value in bad if accepts(schema, value)] == []


def test_a_sentence_is_novas():
    schema = {'type': 'object', 'properties': {'size': {'type': 'integer', 'minimum': 1}}}
    with pytest.raises(exception.ValidationError) as caught:
        validators.Body(schema).validate({'size': 0})
    assert caught.value.format_message() == (
        'Invalid input for field/attribute size. Value: 0. 0 is less than the minimum of 1')


def test_a_sentence_about_the_whole_has_no_field():
    with pytest.raises(exception.ValidationError) as caught:
        validators.Body({'type': 'object', 'required': ['a']}).validate({})
    assert caught.value.format_message() == "'a' is a required property"


def test_numbers_in_text_are_compared_as_numbers():
    schema = {'minimum': 3, 'maximum': 5, 'exclusiveMaximum': True}
    assert [accepts(schema, value) for value in ('2', '3', '4', '5', 'x', 4.5, True)] == [
        False, True, True, False, True, True, True]
