# SPDX-License-Identifier: Apache-2.0
"""The resources of the Compute API, one module each; schemas/ and views/ have the same names.

``APIRouterV21`` of Nova's package of this name is in ``routes.py``. The name leads there on first use,
so that importing one schema does not import the API.
"""
import importlib


def __getattr__(name):
    if name == 'APIRouterV21':
        return importlib.import_module('mininova.api.openstack.compute.routes').APIRouterV21
    raise AttributeError(name)
