# SPDX-License-Identifier: Apache-2.0
"""Rule of changePassword.  Nova: nova/policies/admin_password.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-admin-password'


def list_rules():
    return [base.rule(ROOT, base.PROJECT_MEMBER_OR_ADMIN, "Change the administrator's password in a server.",
                      'POST /servers/{server_id}/action (changePassword)')]
