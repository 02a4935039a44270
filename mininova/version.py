# SPDX-License-Identifier: Apache-2.0
"""The version of the installed package.  Nova: nova/version.py."""
import functools
from importlib import metadata

PRODUCT = 'mini-Nova'


@functools.cache
def version_string():
    """Return the version, or 0.0.0 in a checkout that was never installed."""
    try:
        return metadata.version('mininova')
    except metadata.PackageNotFoundError:
        return '0.0.0'


def vendor_string():
    """Return who made it, for reports."""
    return PRODUCT


def product_string():
    return PRODUCT


def version_string_with_package():
    """Return the version as reports show it."""
    return version_string()
