# SPDX-License-Identifier: Apache-2.0
"""Names of resource classes and traits, as [pci] device_spec gives and [pci] alias asks for them, in one form.

Nova's has also the prefix CUSTOM_ where Placement needs one; both sides are written here without it.
Nova: get_resource_class and get_traits of nova/compute/pci_placement_translator.py.
"""
import re

_OTHER = re.compile('[^A-Z0-9_]+')
_PREFIX = 'CUSTOM_'
LONGEST = 255


def normalize(text):
    """Return a name in upper case, with single underscores for all that is neither letter nor digit.

    :raises ValueError: it is empty or too long
    """
    name = _OTHER.sub('_', text.strip().upper())
    if not name or len(name) > LONGEST - len(_PREFIX):
        raise ValueError(f"'{text[:40]}' is empty or too long")
    return name.removeprefix(_PREFIX)


def normalize_all(text):
    """Return the sorted names of a list separated by commas.

    :raises ValueError: one of them is too long
    """
    return sorted({normalize(part) for part in text.split(',') if part.strip()})
