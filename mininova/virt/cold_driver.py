# SPDX-License-Identifier: Apache-2.0
"""The part of the driver contract about guests that get another size or host while they are off.

Runs in nova-compute; ``driver.py`` has the rules that hold for every method.  Nova: nova/virt/driver.py.
"""
from __future__ import annotations

import typing

if typing.TYPE_CHECKING:
    from mininova import objects


class ColdMigrationDriver:
    """Base of :class:`mininova.virt.driver.ComputeDriver`."""

    def prepare_migration(self, instance: objects.Instance, flavor: objects.Flavor) -> dict:
        """Look, on the new host, whether a guest can come; the answer goes to the old host as `dest_data`.

        :param flavor: that it will have
        :raises DiskNotEnough: this host has no room; another may
        """
        self._unsupported('prepare_migration')

    def migrate_disk_and_power_off(self, context, instance, dest, flavor, network_info, block_device_info=None,
                                   timeout=0, retry_interval=0, dest_data=None) -> str:
        """Stop a guest and bring its disks to `dest`; keep them here as well until ``confirm_migration``.

        The guest's action id names the move: what an earlier move kept here is not this one's.  A repeat goes on
        where it broke off.

        :param dest: address of the new host; may be this one
        :param flavor: that the guest will have
        :param timeout: seconds it gets to shut itself down, as for ``power_off``
        :param dest_data: what ``prepare_migration`` answered there
        :returns: JSON text with the disks, for ``finish_migration``; `shared` in it says that both hosts have one and
            the same directory
        :raises ResizeError: a disk would have to shrink, or could not be sent; the guest is off
        """
        self._unsupported('migrate_disk_and_power_off')

    def finish_migration(self, context, migration, instance, disk_info, network_info, image_meta, resize_instance,
                         allocations, block_device_info=None, power_on=True) -> None:
        """Define a guest from disks that arrived, growing them to the instance's flavor.

        :param disk_info: what ``migrate_disk_and_power_off`` returned
        :param resize_instance: whether the flavor changed
        :param power_on: whether it shall run
        """
        self._unsupported('finish_migration')

    def confirm_migration(self, context, migration, instance, network_info) -> None:
        """Remove what was kept of a moved guest on its old host, which may be its new one; fine if nothing was."""
        self._unsupported('confirm_migration')

    def finish_revert_migration(self, context, instance, network_info, migration, block_device_info=None,
                                power_on=True) -> None:
        """Define a guest again on its old host from the disks kept there; also for a move that broke off.

        Where nothing was kept the guest's own disks were never taken away, or were brought back before.
        """
        self._unsupported('finish_revert_migration')

    def shares_disks_with(self, host: str) -> bool:
        """Say whether another host may keep its guests' disks in the same place as this one: then a directory that is
        found here may be in use there."""
        return False
