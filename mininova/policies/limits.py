# SPDX-License-Identifier: Apache-2.0
"""Rules of /limits.  Nova: nova/policies/limits.py."""
from mininova.policies import base

INDEX = 'os_compute_api:limits'
OTHER_PROJECT = 'os_compute_api:limits:other_project'


def list_rules():
    return [
        base.rule(INDEX, base.RULE_ANY, "Show the limits and the usage of one's own project.", 'GET /limits'),
        base.rule(OTHER_PROJECT, base.ADMIN, 'Show them for another project.', 'GET /limits'),
    ]
