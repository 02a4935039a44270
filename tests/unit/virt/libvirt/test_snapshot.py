# SPDX-License-Identifier: Apache-2.0
"""Snapshots of running guests: what the contract suite cannot make libvirt do."""
import types

import pytest

from mininova.virt.libvirt import snapshot
from mininova.virt.libvirt.clib import libvirt


class Guest:
    """A guest whose copy libvirt does not end."""

    thawed = False

    def end_copy(self, target_dev):
        raise libvirt.libvirtError('the block job is stuck')

    def thaw(self):
        self.thawed = True


def test_a_guest_is_thawed_although_its_copy_cannot_be_ended(conf):
    instance = types.SimpleNamespace(uuid='u', image_meta=types.SimpleNamespace(
        properties={'hw_qemu_guest_agent': 'yes'}))
    guest = Guest()
    with pytest.raises(libvirt.libvirtError):
        snapshot.Snapshot(None, instance)._end_copy(guest, types.SimpleNamespace(dev='vda'), True)
    assert guest.thawed
