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
