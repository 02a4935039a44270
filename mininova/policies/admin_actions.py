# SPDX-License-Identifier: Apache-2.0
"""Rules of os-resetState and injectNetworkInfo.  Nova: nova/policies/admin_actions.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-admin-actions:%s'
RESET_STATE = ROOT % 'reset_state'
INJECT_NETWORK_INFO = ROOT % 'inject_network_info'


def list_rules():
    return [
        base.rule(RESET_STATE, base.ADMIN, 'Reset the state of a server.',
                  'POST /servers/{server_id}/action (os-resetState)'),
        base.rule(INJECT_NETWORK_INFO, base.ADMIN, "Have a server's networks set up again.",
                  'POST /servers/{server_id}/action (injectNetworkInfo)'),
    ]
