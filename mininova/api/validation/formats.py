# SPDX-License-Identifier: Apache-2.0
"""The named text formats that schemas use (nova-api).  Nova: the checkers in nova/api/validation/validators.py."""
import base64
import binascii
import functools
import re
import unicodedata
import urllib.parse

import jsonschema
import netaddr
from oslo_utils import netutils, timeutils, uuidutils

CHECKER = jsonschema.FormatChecker(formats=())


class InvalidName(ValueError):
    """A name breaks a rule; the text is the sentence for the user."""

    def __init__(self, rule):
        super().__init__(f"An invalid 'name' value was provided. The name must be: {rule}")


def _format(name, raises=()):
    """Register a checker; values that are no text pass, the schema's type is what refuses them."""
    def decorate(check):
        @functools.wraps(check)
        def checked(instance):
            return not isinstance(instance, str) or check(instance)
        CHECKER.checks(name, raises)(checked)
        return check
    return decorate


@functools.lru_cache(maxsize=4096)
def _is_printable(character):
    """Tell whether a character may stand in names: in the basic plane, neither control nor line separator."""
    category = unicodedata.category(character)
    return character <= '\uffff' and category[0] != 'C' and (category[0] != 'Z' or category == 'Zs')


def is_printable(text):
    """Tell whether all characters may stand in names; plain ASCII is decided without looking at each."""
    if text.isascii():
        return text.isprintable()
    return all(map(_is_printable, text))


def _is_blank_edged(text):
    return text != text.strip()


@_format('name', InvalidName)
def _name(text):
    if not text or not is_printable(text) or _is_blank_edged(text):
        raise InvalidName('printable characters. Can not start or end with whitespace.')
    return True


@_format('name_with_leading_trailing_spaces', InvalidName)
def _name_with_spaces(text):
    if not text.strip() or not is_printable(text):
        raise InvalidName('printable characters with at least one non space character')
    return True


@_format('az_name', InvalidName)
def _az_name(text):
    if not text or not is_printable(text) or _is_blank_edged(text) or ':' in text:
        raise InvalidName('printable characters except :. Can not start or end with whitespace.')
    return True


@_format('az_name_with_leading_trailing_spaces', InvalidName)
def _az_name_with_spaces(text):
    if not text.strip() or not is_printable(text) or ':' in text:
        raise InvalidName('printable characters except :, with at least one non space character')
    return True


_KEYPAIR_20 = re.compile(r'[A-Za-z0-9 _-]+')
_KEYPAIR_292 = re.compile(r'[A-Za-z0-9 @._-]+')


def _check_keypair_name(text, pattern, characters):
    if not pattern.fullmatch(text) or not text.strip():
        raise InvalidName(f'Keypair name contains unsafe characters; allowed are {characters}.')
    return True


@_format('keypair_name_20', InvalidName)
def _keypair_name_20(text):
    return _check_keypair_name(text, _KEYPAIR_20, 'letters, digits, space, underscore and hyphen')


@_format('keypair_name_292', InvalidName)
def _keypair_name_292(text):
    return _check_keypair_name(text, _KEYPAIR_292, 'letters, digits, space, underscore, hyphen, period and at sign')


@_format('printable')
def _printable(text):
    return is_printable(text)


@_format('regex', re.error)
def _regex(text):
    return bool(re.compile(text)) or True


@_format('date-time', ValueError)
def _date_time(text):
    timeutils.parse_isotime(text)
    return True


@_format('base64', binascii.Error)
def _base64(text):
    if not text.isascii():
        return False
    base64.decodebytes(text.encode())
    return True


@_format('uuid')
def _uuid(text):
    return uuidutils.is_uuid_like(text)


@_format('uri', ValueError)
def _uri(text):
    parts = urllib.parse.urlsplit(text)
    return bool(parts.scheme and parts.hostname) and text.isascii() and text.isprintable() and ' ' not in text


@_format('cidr')
def _cidr(text):
    return '/' in text and netutils.is_valid_cidr(text)


@_format('ipv4')
def _ipv4(text):
    return netaddr.valid_ipv4(text, netaddr.INET_PTON)


@_format('ipv6')
def _ipv6(text):
    return netaddr.valid_ipv6(text, netaddr.INET_PTON)


@_format('ip')
def _ip(text):
    return _ipv4(text) or _ipv6(text)


@_format('mac-address')
def _mac_address(text):
    return netutils.is_valid_mac(text.lower())


_LABEL = re.compile(r'(?!-)[A-Za-z0-9-]{1,63}(?<!-)')


@_format('hostname')
def _hostname(text):
    return bool(_LABEL.fullmatch(text))


@_format('fqdn')
def _fqdn(text):
    return len(text) <= 255 and all(_LABEL.fullmatch(label) for label in text.split('.'))
