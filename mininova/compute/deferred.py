# SPDX-License-Identifier: Apache-2.0
"""What a server was before its deletion was deferred, for when it is taken back (nova-compute, nova-conductor).

New here: Nova makes every server ACTIVE that is restored, also one that was on no host.
"""
from mininova.compute import vm_states

MARK = 'soft_deleted_from'
# Where a server that is taken back does not become ACTIVE.
KEPT_STATES = (vm_states.RESIZED, vm_states.SHELVED_OFFLOADED)


def mark(instance, vm_state):
    """Write the state a server has when its deletion is deferred; deferred again, it keeps its mark."""
    if vm_state == vm_states.SOFT_DELETED:
        return
    wanted = vm_state if vm_state in KEPT_STATES else None
    if instance.system_metadata.get(MARK) != wanted:
        instance.update_system_metadata({MARK: wanted})


def state_before(instance):
    """Return what :func:`mark` kept, or None for a server that simply is to run again."""
    return instance.system_metadata.get(MARK)
