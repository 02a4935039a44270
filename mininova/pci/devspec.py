# SPDX-License-Identifier: Apache-2.0
"""Which devices of a host guests may have: [pci] device_spec.

Read by nova-compute.  Nova: nova/pci/devspec.py, nova/pci/whitelist.py.
"""
import re

from oslo_serialization import jsonutils
from oslo_utils import strutils

import mininova.conf
from mininova import exception
from mininova.pci import tags

CONF = mininova.conf.CONF

ANY = '*'
# Parts of an address, in order, with the largest number and the digits of each.
PARTS = (('domain', 0xFFFF, 4), ('bus', 0xFF, 2), ('slot', 0x1F, 2), ('function', 0x7, 1))
KEYS = ('vendor_id', 'product_id', 'address', 'physical_network', 'trusted', 'managed', 'live_migratable',
        'resource_class', 'traits')
_ID = re.compile('[0-9a-f]{4}')
_ADDRESS = re.compile('([0-9a-f]{4}):([0-9a-f]{2}):([0-9a-f]{2})[.]([0-7])')


def parse_address(text):
    """Return (domain, bus, slot, function) of a device's address, each as text.

    :raises PciDeviceWrongAddressFormat: it is none
    """
    found = _ADDRESS.fullmatch(str(text).lower())
    if found is None:
        raise exception.PciDeviceWrongAddressFormat(address=text)
    return found.groups()


class PciAddressGlobSpec:
    """``DOMAIN:BUS:SLOT.FUNCTION``, of which every part may be any.

    :raises PciDeviceWrongAddressFormat, PciDeviceInvalidAddressField:
    """

    def __init__(self, text):
        front, _dot, function = text.partition('.')
        fields = front.split(':') if front else []
        if len(fields) > 3:
            raise exception.PciDeviceWrongAddressFormat(address=text)
        fields = [ANY] * (3 - len(fields)) + fields + [function]
        self.parts = tuple(self._part(text, field.strip(), *part) for field, part in zip(fields, PARTS, strict=True))

    @staticmethod
    def _part(text, field, name, largest, digits):
        if field in ('', ANY):
            return ANY
        try:
            number = int(field, 16) if re.fullmatch('[0-9a-fA-F]+', field) else largest + 1
        except ValueError:
            number = largest + 1
        if number > largest:
            raise exception.PciDeviceInvalidAddressField(field=name, address=text, max=largest)
        return f'{number:0{digits}x}'

    @property
    def exact(self):
        """The address, if it names a single one, else None."""
        if ANY in self.parts:
            return None
        domain, bus, slot, function = self.parts
        return f'{domain}:{bus}:{slot}.{function}'

    def match(self, parts):
        return all(mine in (ANY, theirs) for mine, theirs in zip(self.parts, parts, strict=True))


class PciAddressRegexSpec:
    """A regular expression for each part of an address; what is left out may be anything.

    :raises PciDeviceWrongAddressFormat: other parts, or no regular expression
    """
    exact = None

    def __init__(self, document):
        unknown = set(document) - {name for name, _, _ in PARTS}
        if unknown:
            raise exception.PciDeviceWrongAddressFormat(address=document)
        try:
            self.parts = [re.compile(document.get(name, '.*')) for name, _, _ in PARTS]
        except (re.error, TypeError) as error:
            raise exception.PciDeviceWrongAddressFormat(address=document) from error

    def match(self, parts):
        # From the beginning of the part, as in Nova.
        return all(mine.match(theirs) for mine, theirs in zip(self.parts, parts, strict=True))


class PciDeviceSpec:
    """One entry of the option.

    :ivar tags: what goes with the devices that match: those of KEYS that are no matter of matching
    :raises PciConfigInvalidSpec: it makes no sense
    """

    def __init__(self, document):
        if not isinstance(document, dict):
            raise exception.PciConfigInvalidSpec(reason='it must be a JSON object or a list of them')
        if 'devname' in document:
            raise exception.PciConfigInvalidSpec(reason="'devname' is not supported: give the 'address' of the device")
        unknown = sorted(set(document) - set(KEYS))
        if unknown:
            raise exception.PciConfigInvalidSpec(
                reason=f'{", ".join(unknown)} is none of {", ".join(KEYS)}')
        self.vendor_id, self.product_id = self._id(document, 'vendor_id'), self._id(document, 'product_id')
        self.address = self._address(document.get('address', ANY))
        self.tags = self._tags(document)

    @staticmethod
    def _id(document, name):
        value = document.get(name, ANY)
        text = value.lower() if isinstance(value, str) else ''
        if text != ANY and not _ID.fullmatch(text):
            raise exception.PciConfigInvalidSpec(reason=f"{name} '{value}' is neither four hexadecimal digits nor *")
        return text

    @staticmethod
    def _address(value):
        if isinstance(value, str):
            return PciAddressGlobSpec(value)
        if isinstance(value, dict):
            return PciAddressRegexSpec(value)
        raise exception.PciDeviceWrongAddressFormat(address=value)

    @staticmethod
    def _tags(document):
        found = {}
        try:
            if 'resource_class' in document:
                found['resource_class'] = tags.normalize(document['resource_class'])
            if 'traits' in document:
                found['traits'] = tags.normalize_all(document['traits'])
            if 'physical_network' in document:
                found['physical_network'] = document['physical_network']
            for name in ('trusted', 'managed', 'live_migratable'):
                if name in document:
                    found[name] = strutils.bool_from_string(document[name], strict=True)
        except (ValueError, AttributeError, TypeError) as error:
            raise exception.PciConfigInvalidSpec(reason=str(error)) from error
        return found

    def match(self, device):
        """Tell whether a device is meant; the address of a physical function means its virtual ones, too."""
        if self.vendor_id not in (ANY, device['vendor_id']) or self.product_id not in (ANY, device['product_id']):
            return False
        if self.address.match(parse_address(device['address'])):
            return True
        return self.address.exact is not None and self.address.exact == device.get('parent_addr')


class Whitelist:
    """All entries of the option.

    :param texts: JSON, each an object or a list of them
    :raises PciConfigInvalidSpec: names the entry that makes no sense
    """

    def __init__(self, texts):
        self.specs = [spec for text in texts for spec in _parse(text)]

    @classmethod
    def from_config(cls):
        return cls(CONF.pci.device_spec)

    def get_devspec(self, device):
        """Return the first entry that means a device, or None."""
        for spec in self.specs:
            if spec.match(device):
                return spec
        return None

    def select(self, devices):
        """Return the devices that guests may have, each with the tags of its entry, by address."""
        found = []
        for device in devices:
            # Controllers may put devices into domains of more than four digits, which addresses here do not have.
            spec = self.get_devspec(device) if _ADDRESS.fullmatch(device['address']) else None
            if spec is not None:
                found.append({**device, 'tags': spec.tags})
        return sorted(found, key=lambda device: device['address'])


def _parse(text):
    try:
        document = jsonutils.loads(text)
        documents = document if isinstance(document, list) else [document]
        return [PciDeviceSpec(each) for each in documents]
    except ValueError as error:
        raise exception.PciConfigInvalidSpec(reason=f'{text}: it is no JSON: {error}') from error
    except exception.PciConfigInvalidSpec as error:
        reason = error.kwargs.get('reason') or error.format_message()
        raise exception.PciConfigInvalidSpec(reason=f'{text}: {reason}') from error
