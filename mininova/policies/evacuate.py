# SPDX-License-Identifier: Apache-2.0
"""Rule of evacuate.  Nova: nova/policies/evacuate.py."""
from mininova.policies import base

EVACUATE = 'os_compute_api:os-evacuate'


def list_rules():
    return [base.rule(EVACUATE, base.ADMIN, 'Build a server of a host that is down on another one.',
                      'POST /servers/{server_id}/action (evacuate)')]
