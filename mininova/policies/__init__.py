# SPDX-License-Identifier: Apache-2.0
"""Who may do what by default, one module per resource of the API.  Nova: nova/policies/__init__.py.

``policy.yaml`` overrides; ``oslopolicy-sample-generator --namespace nova`` prints a sample.
"""
import importlib
import itertools

MODULES = (
    'base',
    'extensions',
    'flavor_access',
    'flavors',
    'flavors_extraspecs',
)


def list_rules():
    """Return all rules, the base ones first."""
    modules = (importlib.import_module(f'mininova.policies.{name}') for name in MODULES)
    return list(itertools.chain.from_iterable(module.list_rules() for module in modules))
