# SPDX-License-Identifier: Apache-2.0
"""Rules of os-resetState.  Nova: nova/policies/admin_actions.py."""
from mininova.policies import base

RESET_STATE = 'os_compute_api:os-admin-actions:reset_state'


def list_rules():
    return [base.rule(RESET_STATE, base.ADMIN, 'Reset the state of a server.',
                      'POST /servers/{server_id}/action (os-resetState)')]
