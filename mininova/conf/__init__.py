# SPDX-License-Identifier: Apache-2.0
"""The one configuration object, ``mininova.conf.CONF``.

Each module of this package describes one section of nova.conf and offers ``register_opts(conf)``
and ``list_opts()``.  Nova: nova/conf/__init__.py.

``CONF`` is oslo.config's global object because oslo.messaging registers some of its options only
there.  Options are read where they are used (``CONF.section.option``), never at import.
"""
import importlib

from oslo_config import cfg

MODULES = (
    'api',
    'base',
    'compute',
    'conductor',
    'console',
    'database',
    'fake',
    'image',
    'libvirt',
    'metadata',
    'network',
    'neutron',
    'notifications',
    'novnc',
    'paths',
    'pci',
    'quota',
    'scheduler',
    'servicegroup',
    'vendordata',
    'virt',
    'vnc',
    'wsgi',
)

CONF = cfg.CONF


def section_modules():
    """Return the modules that describe the sections, in alphabetical order."""
    return [importlib.import_module(f'mininova.conf.{name}') for name in MODULES]


for _module in section_modules():
    _module.register_opts(CONF)
