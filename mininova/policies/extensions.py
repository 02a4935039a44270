# SPDX-License-Identifier: Apache-2.0
"""Rules of GET /extensions.  Nova: nova/policies/extensions.py."""
from mininova.policies import base

ROOT = 'os_compute_api:extensions'


def list_rules():
    return [base.rule(ROOT, base.RULE_ANY, 'List the extensions of the API and show one of them.',
                      'GET /extensions', 'GET /extensions/{alias}')]
