# SPDX-License-Identifier: Apache-2.0
"""The part of the driver contract about guests that leave a host: moved while they run, or built anew elsewhere.

Runs in nova-compute; ``driver.py`` has the rules that hold for every method.  Nova: nova/virt/driver.py.
"""
from __future__ import annotations

import typing

if typing.TYPE_CHECKING:
    from mininova import objects
    from mininova.network import model

# Where a guest can stand on a host: unknown there; running (or paused by its user); defined and off; on its way to
# another host; expected from another host.
LIVE_STATES = ('none', 'here', 'off', 'outgoing', 'incoming')


class LiveMigrationDriver:
    """Base of :class:`mininova.virt.driver.ComputeDriver`."""

    def check_can_live_migrate_destination(self, context, instance: objects.Instance, block_migration: bool | None,
                                           disk_over_commit: bool) -> dict:
        """Check, on the destination, whether a running guest could move here.

        :param block_migration: copy its disks; None does where the hosts do not share them
        :param disk_over_commit: count what the disks hold, not what they may grow to
        :returns: JSON data for ``check_can_live_migrate_source``
        :raises MigrationPreCheckError: it cannot
        """
        self._unsupported('check_can_live_migrate_destination')

    def cleanup_live_migration_destination_check(self, instance: objects.Instance) -> None:
        """Remove what the check on the destination left for the source to find."""

    def complete_live_migration_check(self, instance: objects.Instance, dest_check_data: dict) -> None:
        """Check, on the destination, what the source has told of the guest.

        :raises InvalidCPUInfo, MigrationPreCheckError: it cannot come
        """

    def check_can_live_migrate_source(self, context, instance: objects.Instance, dest_check_data: dict,
                                      block_device_info: dict | None = None) -> dict:
        """Check the same on the source.

        :returns: completed data; ``is_shared_instance_path`` says whether both see the same disks
        :raises MigrationPreCheckError, InvalidSharedStorage, InvalidLocalStorage: it cannot
        """
        self._unsupported('check_can_live_migrate_source')

    def pre_live_migration(self, context, instance: objects.Instance, block_device_info: dict,
                           network_info: model.NetworkInfo, migrate_data: dict) -> dict:
        """Make disks and cards ready on the destination.

        :returns: completed data for ``live_migration``
        """
        self._unsupported('pre_live_migration')

    def live_migration(self, context, instance: objects.Instance, dest: str,
                       report, migrate_data: dict | None) -> None:
        """Move a running guest; returns when it runs on the destination and no more here.

        A guest that is on its way already, since an earlier run of this service, is gone along with.

        :param dest: name of the destination's host
        :param report: called with a ``virt.migration.JobInfo`` twice a second while the guest is under way
        :raises MigrationCancelled: ``live_migration_abort`` was called, or it took longer than configured; the guest
            runs here
        :raises MigrationError: it did not work; the guest is here
        :raises HypervisorUnavailable: nobody knows where it is; ``get_live_migration_state`` of both hosts tells later
        """
        self._unsupported('live_migration')

    def get_live_migration_state(self, instance: objects.Instance) -> str:
        """Return where a guest stands on this host: one of LIVE_STATES."""
        self._unsupported('get_live_migration_state')

    def live_migration_force_complete(self, instance: objects.Instance) -> None:
        """Make a live migration end soon, at the price of a pause.

        :raises MigrationError: none is under way
        """
        self._unsupported('live_migration_force_complete')

    def live_migration_abort(self, instance: objects.Instance) -> None:
        """Stop a live migration; the guest stays on its source.

        :raises MigrationError: none is under way, or it cannot be stopped any more
        """
        self._unsupported('live_migration_abort')

    def post_live_migration_at_source(self, context, instance: objects.Instance,
                                      network_info: model.NetworkInfo) -> None:
        """Remove definition and cards of a guest that moved away; its disks are left to ``cleanup``."""
        self._unsupported('post_live_migration_at_source')

    def post_live_migration_at_destination(self, context, instance: objects.Instance,
                                           network_info: model.NetworkInfo,
                                           block_device_info: dict | None = None) -> None:
        """Make the definition of a guest that arrived permanent; fine if it is."""
        self._unsupported('post_live_migration_at_destination')

    def rollback_live_migration_at_destination(self, context, instance: objects.Instance,
                                               network_info: model.NetworkInfo | None,
                                               destroy_disks: bool = True) -> None:
        """Remove what ``pre_live_migration`` made, and a guest that did not arrive; fine if nothing is there.

        :param destroy_disks: False where they are the source's too
        :raises MigrationError: the guest runs here
        """
        self._unsupported('rollback_live_migration_at_destination')

    def instance_on_disk(self, instance: objects.Instance) -> bool:
        """Say whether a guest's disks are seen here, whoever made them."""
        self._unsupported('instance_on_disk')
