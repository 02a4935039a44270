# SPDX-License-Identifier: Apache-2.0
"""Field types beyond the library's.  Nova: nova/objects/fields.py."""
from oslo_versionedobjects import fields
from oslo_versionedobjects.fields import (  # noqa: F401
    BooleanField,
    DictOfNullableStringsField,
    DictOfStringsField,
    FloatField,
    IntegerField,
    ListOfObjectsField,
    ListOfStringsField,
    ObjectField,
    StringField,
    UUIDField,
)

from mininova import utils


class _Json(fields.FieldType):
    """Any JSON document, passed through as it is."""

    @staticmethod
    def coerce(obj, attr, value):
        return value


class JsonField(fields.AutoTypedField):
    AUTO_TYPE = _Json()


class _Text(fields.FieldType):
    """Text that is taken as it comes: cheaper than the library's String and as strict as the database."""

    @staticmethod
    def coerce(obj, attr, value):
        return value if isinstance(value, str) else str(value)


class TextField(fields.AutoTypedField):
    AUTO_TYPE = _Text()


class _IPAddress(fields.FieldType):
    """An address as text, in the form in which the tables keep it."""

    @staticmethod
    def coerce(obj, attr, value):
        return utils.canonical_ip(value)


class IPAddressField(fields.AutoTypedField):
    AUTO_TYPE = _IPAddress()


class DateTimeField(fields.DateTimeField):
    """A UTC time without zone, as the tables keep it."""

    def __init__(self, **kwargs):
        super().__init__(tzinfo_aware=False, **kwargs)


def text(nullable=True, **kwargs):
    """Return a text field that may be None."""
    return TextField(nullable=nullable, **kwargs)


def address():
    """Return a field for an IP address, as text, that may be None."""
    return IPAddressField(nullable=True)


def integer(nullable=True, **kwargs):
    """Return an integer field that may be None."""
    return IntegerField(nullable=nullable, **kwargs)


def time():
    """Return a time field that may be None."""
    return DateTimeField(nullable=True)
