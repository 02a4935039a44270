# SPDX-License-Identifier: Apache-2.0
"""Memory pages that a server wants.  Nova: the page size functions of nova/virt/hardware.py."""
from oslo_utils import strutils, units

from mininova import exception

MEMPAGES_SMALL, MEMPAGES_LARGE, MEMPAGES_ANY = -1, -2, -3
NAMED = {'small': MEMPAGES_SMALL, 'large': MEMPAGES_LARGE, 'any': MEMPAGES_ANY}
NAME_OF = {value: name for name, value in NAMED.items()}


def get_pagesize_constraint(specs, properties):
    """Return the page size that flavor and image want: KiB, one of MEMPAGES_*, or None.

    The image may choose only where the flavor leaves the choice.

    :raises MemoryPageSizeInvalid, MemoryPageSizeForbidden: (400)
    """
    of_flavor, of_image = specs.get('hw:mem_page_size'), properties.get('hw_mem_page_size')
    if not of_flavor:
        if of_image:
            raise exception.MemoryPageSizeForbidden(pagesize=of_image, against='<None>')
        return None
    size = parse_pagesize(of_flavor)
    if not of_image:
        return size
    if size not in (MEMPAGES_ANY, MEMPAGES_LARGE):
        raise exception.MemoryPageSizeForbidden(pagesize=of_image, against=of_flavor)
    return parse_pagesize(of_image)


def parse_pagesize(text):
    """Return a page size as a number: 'large', '2048' (KiB), '2MB', '1GiB'.

    :raises MemoryPageSizeInvalid: (400)
    """
    text = str(text).strip()
    if text in NAMED:
        return NAMED[text]
    try:
        size = int(text) if text.isdigit() else strutils.string_to_bytes(text, return_int=True) // units.Ki
    except ValueError as error:
        raise exception.MemoryPageSizeInvalid(pagesize=text) from error
    if size <= 0:
        raise exception.MemoryPageSizeInvalid(pagesize=text)
    return size


def tell(pagesize):
    """Return a page size in words."""
    return NAME_OF.get(pagesize) or f'{pagesize} KiB'


def candidates(pagesize, cell):
    """Return the NUMAPagesTopology of a host's cell that meet a wish, the best first."""
    pages = sorted(cell.mempages, key=lambda each: each.size_kb)
    if pagesize == MEMPAGES_SMALL:
        return pages[:1]
    if pagesize == MEMPAGES_LARGE:
        return pages[:0:-1]
    if pagesize == MEMPAGES_ANY:
        return pages[::-1]
    return [each for each in pages if each.size_kb == pagesize]


def choose(pagesize, memory_mb, cell):
    """Return the size in KiB of the pages that a server's node gets in a host's cell, None if they do not suffice."""
    memory_kb = memory_mb * units.Ki
    for each in candidates(pagesize, cell):
        if memory_kb % each.size_kb == 0 and memory_kb // each.size_kb <= each.free:
            return each.size_kb
    return None
