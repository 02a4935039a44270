# SPDX-License-Identifier: Apache-2.0
"""Rules of snapshots that the volume service cannot make alone.  Nova: nova/policies/assisted_volume_snapshots.py."""
from mininova.policies import base

CREATE = 'os_compute_api:os-assisted-volume-snapshots:create'
DELETE = 'os_compute_api:os-assisted-volume-snapshots:delete'


def list_rules():
    return [
        base.rule(CREATE, base.SERVICE_OR_ADMIN, 'Have a hypervisor make a snapshot of a volume.',
                  'POST /os-assisted-volume-snapshots'),
        base.rule(DELETE, base.SERVICE_OR_ADMIN, 'Have a hypervisor delete a snapshot of a volume.',
                  'DELETE /os-assisted-volume-snapshots/{snapshot_id}'),
    ]
