# SPDX-License-Identifier: Apache-2.0
"""Cold moves between pretended machines.  Part of the fake driver; runs in nova-compute.

The disks travel in what ``migrate_disk_and_power_off`` returns, so two services need not share a process.
In Nova's nova/virt/fake.py these methods do nothing.
"""
import json

from mininova import exception
from mininova.crashpoint import crashpoint
from mininova.virt import fake_host


class FakeMigration:
    """Methods of :class:`mininova.virt.fake.FakeDriver`."""

    def prepare_migration(self, instance, flavor):
        self.faults.hit('prepare_migration')
        return {'machine': self.host.name}

    def migrate_disk_and_power_off(self, context, instance, dest, flavor, network_info, block_device_info=None,
                                   timeout=0, retry_interval=0, dest_data=None):
        self.faults.hit('migrate_disk_and_power_off')
        guest = self.host.guests.get(instance.uuid)
        if guest and guest.kept and guest.kept['action_id'] != instance.action_id and guest.disks:
            guest.kept = None
        if not guest or not (guest.kept or guest.disks):
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        if not guest.kept:
            if flavor.root_gb + flavor.ephemeral_gb < guest.disk_gb:
                raise exception.ResizeError(reason='Unable to resize disk down.')
            if guest.domain:
                self.power_off(instance, timeout, retry_interval)
            crashpoint('resize.R4.powered_off.after')
            self.faults.hit('migrate_disk_and_power_off.rename')
            guest.kept = {'action_id': instance.action_id, 'disk_gb': guest.disk_gb, 'num_disks': guest.num_disks,
                          'config_drive': guest.config_drive, 'content': guest.content, 'image_id': guest.image_id}
            guest.domain = guest.disks = False
            self.host.keep(guest)
            crashpoint('resize.R5.renamed.after')
        self.faults.hit('migrate_disk_and_power_off.copy')
        return json.dumps({**guest.kept, 'shared': False})

    def finish_migration(self, context, migration, instance, disk_info, network_info, image_meta, resize_instance,
                         allocations, block_device_info=None, power_on=True):
        self.faults.hit('finish_migration')
        arrived = json.loads(disk_info)
        guest = self.host.guests.get(instance.uuid) or fake_host.Guest(instance.uuid, instance.name)
        if guest.domain and guest.running:
            return
        if not guest.disks:
            guest.content, guest.config_drive = arrived['content'], arrived['config_drive']
            guest.num_disks, guest.image_id, guest.disks = arrived['num_disks'], arrived['image_id'], True
            self.host.keep(guest)
        self.faults.hit('finish_migration.grow')
        guest.disk_gb = instance.flavor.root_gb + instance.flavor.ephemeral_gb
        self.host.keep(guest)
        crashpoint('resize.R9.grown.after')
        self._define(guest, instance, network_info)
        if power_on:
            self._start(guest, 'finish_migration.start')

    def confirm_migration(self, context, migration, instance, network_info):
        self.faults.hit('confirm_migration')
        guest = self.host.guests.get(instance.uuid)
        if guest and guest.kept:
            guest.kept = None
            self.host.keep(guest)

    def finish_revert_migration(self, context, instance, network_info, migration, block_device_info=None,
                                power_on=True):
        self.faults.hit('finish_revert_migration')
        guest = self.host.guests.get(instance.uuid)
        if not guest or not (guest.kept or guest.disks):
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        if guest.kept:
            kept, guest.kept = guest.kept, None
            guest.disk_gb, guest.num_disks = kept['disk_gb'], kept['num_disks']
            guest.config_drive, guest.content, guest.image_id = kept['config_drive'], kept['content'], kept['image_id']
            guest.disks = True
            self.host.keep(guest)
            crashpoint('revert.V4.restored.after')
        if not guest.domain:
            self._define(guest, instance, network_info)
        if power_on and not guest.running:
            self._start(guest, 'finish_revert_migration.start')
