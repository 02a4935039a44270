# SPDX-License-Identifier: Apache-2.0
"""The OpenStack APIs of nova-api.  Nova: nova/api/openstack/__init__.py.

Nova keeps four classes in this file. Here they have rooms of their own, and the names lead there on
first use, so that importing a leaf does not import the whole API:

========================= ===========================================
FaultWrapper              fault.py
ProjectMapper             router.py
APIRouterV21 (base)       router.py; the Compute API's: compute/routes.py
LegacyV2CompatibleWrapper legacy_v2.py
========================= ===========================================
"""
import importlib

_ROOMS = {
    'APIRouterV21': 'router',
    'FaultWrapper': 'fault',
    'LegacyV2CompatibleWrapper': 'legacy_v2',
    'ProjectMapper': 'router',
}


def __getattr__(name):
    if name in _ROOMS:
        return getattr(importlib.import_module(f'{__name__}.{_ROOMS[name]}'), name)
    raise AttributeError(name)
