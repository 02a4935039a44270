# SPDX-License-Identifier: Apache-2.0
"""Guests that move between pretended machines while they run.  Part of the fake driver; runs in nova-compute.

A move takes ``[fake] live_migration_seconds``.  Machines of one process hand the guest over in memory; with ``[fake]
persistent`` those of several processes do so by the file in which the destination keeps it.
In Nova's nova/virt/fake.py the guest is not moved at all.
"""
import dataclasses
import time

from oslo_utils import units

import mininova.conf
from mininova import concurrency, exception
from mininova.compute import power_state
from mininova.virt import fake_host, fake_pci, migration

CONF = mininova.conf.CONF

REPORT_INTERVAL = 0.5
STEP = 0.05


@dataclasses.dataclass
class Job:
    """A guest on its way; what was asked of it."""

    aborted: bool = False
    hurried: bool = False


class FakeLiveMigration:
    """Methods of :class:`mininova.virt.fake.FakeDriver`."""

    def check_can_live_migrate_destination(self, context, instance, block_migration, disk_over_commit):
        self.faults.hit('check_can_live_migrate_destination')
        if self.get_live_migration_state(instance) in ('here', 'outgoing'):
            raise exception.MigrationPreCheckError(reason=f'{self.host.name} has a guest {instance.name} already')
        return {'machine': self.host.name, 'is_shared_instance_path': False}

    def check_can_live_migrate_source(self, context, instance, dest_check_data, block_device_info=None):
        self.faults.hit('check_can_live_migrate_source')
        if self.get_live_migration_state(instance) != 'here':
            raise exception.MigrationPreCheckError(reason=f'the guest does not run on {self.host.name}')
        return dest_check_data

    def pre_live_migration(self, context, instance, block_device_info, network_info, migrate_data):
        self.faults.hit('pre_live_migration')
        guest = self.host.guests.get(instance.uuid) or fake_host.Guest(instance.uuid, instance.name)
        guest.domain, guest.disks, guest.incoming, guest.state = True, True, True, power_state.PAUSED
        guest.vcpus, guest.memory_mb = instance.flavor.vcpus, instance.flavor.memory_mb
        guest.disk_gb = instance.flavor.root_gb + instance.flavor.ephemeral_gb
        guest.macs = [vif['address'] for vif in network_info or ()]
        guest.pci_devices = migrate_data.get('pci_devices')
        fake_pci.check_free(list(self.host.guests.values()), guest, guest.pci_devices)
        self.host.keep(guest)
        self.faults.hit('pre_live_migration.end')
        return {**migrate_data, 'directory': self.host.directory}

    def live_migration(self, context, instance, dest, report, migrate_data):
        self.faults.hit('live_migration')
        guest = self._guest(instance)
        job = self.host.jobs[instance.uuid] = Job()
        try:
            self._send(guest, job, report)
        finally:
            del self.host.jobs[instance.uuid]
        self.faults.hit('live_migration.switch')
        arrived = dataclasses.replace(guest, incoming=False, numa_topology=migrate_data.get('numa_topology'),
                                      pci_devices=migrate_data.get('pci_devices'))
        self.host.stop(guest)
        fake_host.deliver(migrate_data['machine'], migrate_data['directory'], arrived)
        guest.domain = False
        self.host.keep(guest)

    @staticmethod
    def _send(guest, job, report):
        """Spend the time that it takes, telling how far it is."""
        memory, disk = guest.memory_mb * units.Mi, guest.disk_gb * units.Gi
        started = reported = time.monotonic()
        while not job.hurried:
            if job.aborted:
                raise exception.MigrationCancelled(reason='the hypervisor was told to stop')
            if not guest.running:
                raise exception.MigrationError(reason='the guest stopped on its way')
            elapsed, total = time.monotonic() - started, CONF.fake.live_migration_seconds
            if elapsed >= total:
                return
            if time.monotonic() - reported >= min(REPORT_INTERVAL, total / 4):
                reported, share = time.monotonic(), elapsed / total
                sent = int(memory * share), int(disk * share)
                report(migration.JobInfo(memory, sent[0], memory - sent[0], disk, sent[1], disk - sent[1]))
            concurrency.sleep(STEP)

    def get_live_migration_state(self, instance):
        self.faults.hit('get_live_migration_state')
        guest = self.host.look_again(instance.uuid)
        if not guest or not guest.domain:
            return 'none'
        if instance.uuid in self.host.jobs:
            return 'outgoing'
        if guest.incoming:
            return 'incoming'
        return 'here' if guest.running else 'off'

    def _job(self, instance):
        job = self.host.jobs.get(instance.uuid)
        if job is None:
            raise exception.MigrationError(reason='no live migration is under way')
        return job

    def live_migration_force_complete(self, instance):
        self.faults.hit('live_migration_force_complete')
        self._job(instance).hurried = True

    def live_migration_abort(self, instance):
        self.faults.hit('live_migration_abort')
        self._job(instance).aborted = True

    def post_live_migration_at_source(self, context, instance, network_info):
        self.faults.hit('post_live_migration_at_source')
        guest = self.host.guests.get(instance.uuid)
        if guest:
            guest.domain, guest.macs = False, []
            self.host.keep(guest)

    def post_live_migration_at_destination(self, context, instance, network_info, block_device_info=None):
        self.faults.hit('post_live_migration_at_destination')
        guest = self.host.look_again(instance.uuid)
        if not guest or not guest.domain or guest.incoming:
            raise exception.MigrationError(reason=f'the guest is not on {self.host.name}')
        self.host.keep(guest)

    def rollback_live_migration_at_destination(self, context, instance, network_info, destroy_disks=True):
        self.faults.hit('rollback_live_migration_at_destination')
        guest = self.host.look_again(instance.uuid)
        if not guest:
            return
        if guest.domain and guest.running and not guest.incoming:
            raise exception.MigrationError(reason=f'the guest runs on {self.host.name}')
        self.host.stop(guest)
        guest.domain, guest.macs, guest.incoming = False, [], False
        guest.disks = guest.disks and not destroy_disks
        self.host.keep(guest)

    def instance_on_disk(self, instance):
        guest = self.host.guests.get(instance.uuid)
        return bool(guest and guest.disks)
