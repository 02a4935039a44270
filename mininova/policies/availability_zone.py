# SPDX-License-Identifier: Apache-2.0
"""Rules of /os-availability-zone.  Nova: nova/policies/availability_zone.py."""
from mininova.policies import base

LIST = 'os_compute_api:os-availability-zone:list'
DETAIL = 'os_compute_api:os-availability-zone:detail'


def list_rules():
    return [
        base.rule(LIST, base.RULE_ANY, 'List availability zones.', 'GET /os-availability-zone'),
        base.rule(DETAIL, base.ADMIN, 'List availability zones with their hosts.', 'GET /os-availability-zone/detail'),
    ]
