# SPDX-License-Identifier: Apache-2.0
"""Rules of the tokens of consoles.  Nova: nova/policies/console_auth_tokens.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-console-auth-tokens'


def list_rules():
    return [base.rule(ROOT, base.ADMIN, 'See where the console is that a token opens.',
                      'GET /os-console-auth-tokens/{console_token}')]
