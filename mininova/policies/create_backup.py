# SPDX-License-Identifier: Apache-2.0
"""Rule of createBackup.  Nova: nova/policies/create_backup.py."""
from mininova.policies import base

ROOT = 'os_compute_api:os-create-backup'


def list_rules():
    return [base.rule(ROOT, base.PROJECT_MEMBER_OR_ADMIN, 'Make a backup of a server.',
                      'POST /servers/{server_id}/action (createBackup)')]
