# SPDX-License-Identifier: Apache-2.0
"""What flavors ask for: [pci] alias, and the extra spec pci_passthrough:alias made into requests.

Aliases are known to nova-api alone; a server carries what they meant when it got its flavor.
Nova: nova/pci/request.py, nova/objects/instance_pci_requests.py.
"""
import dataclasses
import functools
import re

from oslo_serialization import jsonutils
from oslo_utils import strutils, uuidutils

import mininova.conf
from mininova import exception
from mininova.pci import device, tags

CONF = mininova.conf.CONF

LEGACY, PREFERRED, REQUIRED, SOCKET = POLICIES = ('legacy', 'preferred', 'required', 'socket')
EXTRA_SPEC = 'pci_passthrough:alias'
KEYS = ('name', 'capability_type', 'vendor_id', 'product_id', 'device_type', 'numa_policy', 'live_migratable',
        'resource_class', 'traits')
_ID = re.compile('[0-9a-fA-F]{4}')


@dataclasses.dataclass
class InstancePCIRequest:
    """So many devices of a kind.

    :ivar request_id: uuid that its devices name
    :ivar spec: alternatives, each a mapping of vendor_id, product_id, dev_type, live_migratable, resource_class and
        traits, as far as they are asked for
    :ivar numa_policy: one of POLICIES
    """

    request_id: str
    count: int
    spec: list
    alias_name: str
    numa_policy: str = LEGACY

    @property
    def wants_whole(self):
        """Whether it is for physical functions; nobody else gets those."""
        return all(each.get('dev_type') == device.PF for each in self.spec)

    @property
    def moves_live(self):
        """Whether its devices are such that a guest can take their contents along to another host's."""
        return all(each.get('live_migratable') for each in self.spec)

    def describe(self):
        """Return 'gpu (10de:1eb8)'."""
        kinds = ' or '.join(f'{each["vendor_id"]}:{each["product_id"]}' if 'product_id' in each
                            else each.get('resource_class', 'any') for each in self.spec)
        return f'{self.alias_name} ({kinds})'

    def matches(self, facts, device_tags):
        """Tell whether devices of a kind are meant.

        :param facts: vendor_id, product_id, dev_type of the devices
        """
        if (facts['dev_type'] == device.PF) != self.wants_whole:
            return False
        return any(_matches(each, facts, device_tags) for each in self.spec)

    def to_document(self):
        return dataclasses.asdict(self)


def _matches(spec, facts, device_tags):
    if any(spec[name] != facts[name] for name in ('vendor_id', 'product_id', 'dev_type') if name in spec):
        return False
    if 'resource_class' in spec and spec['resource_class'] != device_tags.get('resource_class'):
        return False
    if 'live_migratable' in spec and spec['live_migratable'] != bool(device_tags.get('live_migratable')):
        return False
    return set(spec.get('traits') or ()) <= set(device_tags.get('traits') or ())


def from_documents(documents):
    """Return the InstancePCIRequests of a server, an empty list for none."""
    return [InstancePCIRequest(**document) for document in documents or ()]


# -- aliases -----------------------------------------------------------------------------


def get_alias_from_config():
    """Return {name: (NUMA policy, alternatives)} of the option.

    :raises PciInvalidAlias: names the entry that makes no sense
    """
    return _parse_aliases(tuple(CONF.pci.alias))


@functools.lru_cache(maxsize=4)
def _parse_aliases(texts):
    found = {}
    for text in texts:
        try:
            name, policy, spec = _parse_alias(jsonutils.loads(text))
        except ValueError as error:
            raise exception.PciInvalidAlias(reason=f'{text}: {error}') from error
        known_policy, specs = found.setdefault(name, (policy, []))
        if known_policy != policy:
            raise exception.PciInvalidAlias(reason=f"NUMA policy mismatch for alias '{name}'")
        if specs and specs[0].get('dev_type') != spec.get('dev_type'):
            raise exception.PciInvalidAlias(reason=f"Device type mismatch for alias '{name}'")
        specs.append(spec)
    return found


def _parse_alias(document):
    """Return (name, NUMA policy, one alternative).

    :raises ValueError: it makes no sense
    """
    if not isinstance(document, dict):
        raise ValueError('it is no JSON object')
    unknown = sorted(set(document) - set(KEYS))
    if unknown:
        raise ValueError(f'{", ".join(unknown)} is none of {", ".join(KEYS)}')
    wrong = sorted(key for key, value in document.items() if not isinstance(value, str))
    if wrong:
        raise ValueError(f'{", ".join(wrong)} is no text')
    name = document.get('name', '').strip()
    if not name or len(name) > 256 or set(name) & set(':,'):
        raise ValueError("it needs a 'name' of up to 256 characters without : and ,")
    _one_of(document, 'capability_type', ('pci',))
    _one_of(document, 'device_type', device.TYPES)
    _one_of(document, 'numa_policy', POLICIES)
    spec = {key: _id(document, key) for key in ('vendor_id', 'product_id') if key in document}
    if 'resource_class' in document:
        spec['resource_class'] = tags.normalize(document['resource_class'])
    if len(spec) < 2 and 'resource_class' not in spec:
        raise ValueError('it needs vendor_id and product_id, or a resource_class')
    if 'traits' in document:
        spec['traits'] = tags.normalize_all(document['traits'])
    if 'live_migratable' in document:
        spec['live_migratable'] = strutils.bool_from_string(document['live_migratable'], strict=True)
    if 'device_type' in document:
        spec['dev_type'] = document['device_type']
    return name, document.get('numa_policy', LEGACY), spec


def _one_of(document, key, names):
    if key in document and document[key] not in names:
        raise ValueError(f"{key} '{document[key]}' is none of {', '.join(names)}")


def _id(document, key):
    if not _ID.fullmatch(document[key]):
        raise ValueError(f"{key} '{document[key]}' is not four hexadecimal digits")
    return document[key].lower()


# -- flavors ------------------------------------------------------------------------------


def get_pci_requests_from_flavor(flavor, image_meta=None):
    """Return the InstancePCIRequests of a flavor, an empty list for none.

    :param flavor: has extra_specs
    :param image_meta: has properties; may be None
    :raises PciRequestAliasNotDefined, PciRequestInvalid: what the flavor says (400)
    :raises InvalidPCINUMAAffinity, ImagePCINUMAPolicyForbidden: what flavor and image say of NUMA cells (400)
    """
    specs = flavor.extra_specs or {}
    policy = get_pci_numa_policy_constraint(specs, (image_meta.properties if image_meta is not None else None) or {})
    text = specs.get(EXTRA_SPEC)
    if not text:
        return []
    aliases, found = get_alias_from_config(), []
    for part in text.split(','):
        name, _colon, count = (piece.strip() for piece in part.rpartition(':'))
        if not name or not re.fullmatch('[0-9]{1,4}', count) or not int(count):
            raise exception.PciRequestInvalid(request=text)
        if name not in aliases:
            raise exception.PciRequestAliasNotDefined(alias=name)
        alias_policy, alternatives = aliases[name]
        found.append(InstancePCIRequest(uuidutils.generate_uuid(), int(count), alternatives, name,
                                        policy or alias_policy))
    return found


def get_pci_numa_policy_constraint(specs, properties):
    """Return what extra specs and image properties say of devices and NUMA cells, None for nothing.

    :raises InvalidPCINUMAAffinity, ImagePCINUMAPolicyForbidden: (400)
    """
    of_flavor, of_image = specs.get('hw:pci_numa_affinity_policy'), properties.get('hw_pci_numa_affinity_policy')
    for policy in (of_flavor, of_image):
        if policy is not None and policy not in POLICIES:
            raise exception.InvalidPCINUMAAffinity(policy=policy, available=', '.join(POLICIES))
    if of_flavor and of_image and of_flavor != of_image:
        raise exception.ImagePCINUMAPolicyForbidden()
    return of_flavor or of_image


def describe_requests(flavor, image_meta=None):
    """Return the same as documents, None for no requests."""
    return [each.to_document() for each in get_pci_requests_from_flavor(flavor, image_meta)] or None
