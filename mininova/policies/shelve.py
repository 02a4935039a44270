# SPDX-License-Identifier: Apache-2.0
"""Rules of shelve, shelveOffload and unshelve.  Nova: nova/policies/shelve.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-shelve:%s'
SHELVE = ROOT % 'shelve'
UNSHELVE = ROOT % 'unshelve'
UNSHELVE_TO_HOST = ROOT % 'unshelve_to_host'
OFFLOAD = ROOT % 'shelve_offload'


def list_rules():
    return [
        base.rule(SHELVE, base.PROJECT_MEMBER_OR_ADMIN, 'Shelve a server.',
                  'POST /servers/{server_id}/action (shelve)'),
        base.rule(UNSHELVE, base.PROJECT_MEMBER_OR_ADMIN, 'Bring a shelved server back.',
                  'POST /servers/{server_id}/action (unshelve)'),
        base.rule(UNSHELVE_TO_HOST, base.ADMIN, 'Bring a shelved server back on a host of choice (2.91).',
                  'POST /servers/{server_id}/action (unshelve)'),
        base.rule(OFFLOAD, base.ADMIN, 'Remove a shelved server from its host.',
                  'POST /servers/{server_id}/action (shelveOffload)'),
    ]
