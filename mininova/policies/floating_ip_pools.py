# SPDX-License-Identifier: Apache-2.0
"""The rule of /os-floating-ip-pools (until 2.35).  Nova: nova/policies/floating_ip_pools.py."""
from mininova.policies import base

BASE = 'os_compute_api:os-floating-ip-pools'


def list_rules():
    return [base.rule(BASE, base.RULE_ANY, 'List the pools of floating addresses.', 'GET /os-floating-ip-pools')]
