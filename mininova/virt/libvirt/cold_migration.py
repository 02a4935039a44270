# SPDX-License-Identifier: Apache-2.0
"""Moves of guests with their power off: to another size, another host, or both.  Runs in nova-compute.

The guest's directory is renamed, copied to where the new host finds it, and kept until the move is decided.  Each step
can be repeated: what is done shows in which directories there are (moving_disks.py).
Cut out of Nova's nova/virt/libvirt/driver.py (migrate_disk_and_power_off, finish_migration, confirm_migration,
finish_revert_migration).
"""
import json
import os

from oslo_log import log as logging
from oslo_utils import units

import mininova.conf
from mininova import exception
from mininova.compute import power_state
from mininova.crashpoint import crashpoint
from mininova.exception import excutils
from mininova.virt import imagecache, images, plugging
from mininova.virt.libvirt import blockinfo, disks, guest_config, moving_disks, snapshot, transfer, utils

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)


class ColdMigration:
    """Part of :class:`mininova.virt.libvirt.driver.LibvirtDriver`."""

    def prepare_migration(self, instance, flavor):
        return {'token': moving_disks.write_token(instance), 'instances_path': os.path.abspath(CONF.instances_path),
                'image_cache': os.path.abspath(imagecache.directory())}

    def shares_disks_with(self, host):
        return moving_disks.is_registered(host)

    # -- on the old host -----------------------------------------------------------

    def migrate_disk_and_power_off(self, context, instance, dest, flavor, network_info, block_device_info=None,
                                   timeout=0, retry_interval=0, dest_data=None):
        path, kept = utils.instance_path(instance), moving_disks.kept_path(instance)
        if moving_disks.read_mark(kept) != instance.action_id and os.path.isdir(path):
            moving_disks.remove(kept)
        if not os.path.isdir(kept):
            self._keep_disks(instance, flavor, network_info, timeout, retry_interval)
        sender = transfer.Sender(instance, lambda: self.virtapi.is_overtaken(instance))
        data = dest_data or {}
        shared = moving_disks.sees_token(instance, data.get('token'))
        crashpoint('resize.R6.copying.before')
        if shared:
            sender.send_here()
        else:
            sender.send_to(dest, data['instances_path'], data['image_cache'])
        return transfer.describe(sender.record, shared)

    def _keep_disks(self, instance, flavor, network_info, timeout, retry_interval):
        """Turn a guest off, take its definition away and put its disks aside."""
        path = utils.instance_path(instance)
        disk_set = disks.DiskSet(instance)
        disks.check_complete(disk_set, instance)
        _check_sizes(disk_set, flavor)
        guest = self._find_guest(instance)
        if guest:
            self.power_off(instance, timeout, retry_interval)
            crashpoint('resize.R4.powered_off.after')
            guest.undefine()
        self.unplug_vifs(instance, network_info)
        for disk in disk_set.disks():
            snapshot.take_over(disk.path)
        moving_disks.write_mark(path, instance.action_id)
        os.rename(path, moving_disks.kept_path(instance))
        crashpoint('resize.R5.renamed.after')

    def confirm_migration(self, context, migration, instance, network_info):
        moving_disks.remove(moving_disks.kept_path(instance))

    def finish_revert_migration(self, context, instance, network_info, migration, block_device_info=None,
                                power_on=True):
        path, kept = utils.instance_path(instance), moving_disks.kept_path(instance)
        moving_disks.remove(moving_disks.arriving_path(instance))
        if os.path.isdir(kept) and (not os.path.isdir(path) or moving_disks.read_mark(kept) == migration.action_id):
            # What is under the guest's name is the copy, on this very host or in the place that both hosts have.
            guest = self._find_guest(instance)
            if guest:
                self._power_off(guest, instance)
            utils.remove_instance_path(instance)
            os.rename(kept, path)
            crashpoint('revert.V4.restored.after')
        images.remove(os.path.join(path, moving_disks.MARK), moving_disks.token_path(instance))
        utils.remove_tree(os.path.join(path, transfer.OUTGOING))
        disk_set = disks.DiskSet(instance)
        disks.check_complete(disk_set, instance)
        self._run_moved(context, instance, disk_set, network_info, power_on)

    # -- on the new host -------------------------------------------------------------

    def finish_migration(self, context, migration, instance, disk_info, network_info, image_meta, resize_instance,
                         allocations, block_device_info=None, power_on=True):
        guest = self._find_guest(instance)
        if guest and guest.get_info().state == power_state.RUNNING:
            return
        path = utils.instance_path(instance)
        disk_set = disks.DiskSet(instance)
        disks.check_complete(disk_set, instance)
        _adopt_base(path, json.loads(disk_info)['disks'])
        disk_set.place_on_base(context, image_meta)
        if resize_instance:
            disk_set.grow(blockinfo.ROOT, instance.flavor.root_gb * units.Gi)
            for number, ephemeral in enumerate(blockinfo.ephemerals(instance, block_device_info)):
                disk_set.grow(blockinfo.EPHEMERAL % number, int(ephemeral['size']) * units.Gi)
        builder = guest_config.GuestConfig(self._host, self.virt_type, instance, image_meta)
        disk_set.add_missing(
            context, image_meta, blockinfo.get_disk_slots(instance, image_meta, builder.machine, block_device_info),
            block_device_info, lambda: self.virtapi.config_drive_files(instance, network_info, None, []))
        crashpoint('resize.R9.grown.after')
        self._run_moved(context, instance, disk_set, network_info, power_on)
        images.remove(os.path.join(path, moving_disks.MARK), moving_disks.token_path(instance))
        utils.remove_tree(os.path.join(path, transfer.OUTGOING))

    def _run_moved(self, context, instance, disk_set, network_info, power_on):
        """Define a guest from disks that are there, and start it if it ran before it moved."""
        guest = self._find_guest(instance)
        if guest and guest.get_info().state == power_state.RUNNING:
            return
        image_meta = instance.image_meta
        disk_set.restore_base(context, image_meta)
        builder = guest_config.GuestConfig(self._host, self.virt_type, instance, image_meta)
        try:
            if power_on:
                self._start(instance, builder, disk_set, network_info, plugging.awaited_events(network_info))
            else:
                self._define(instance, self._get_guest_xml(instance, builder, disk_set, network_info))
        except Exception:
            with excutils.save_and_reraise_exception():
                self._undo(instance, network_info)


def _check_sizes(disk_set, flavor):
    """Refuse a flavor with smaller disks than there are.

    :raises ResizeError:
    """
    for disk in disk_set.disks():
        wanted = flavor.root_gb * units.Gi if disk.name == blockinfo.ROOT else None
        if wanted and disk.type == 'disk' and disk.size > wanted:
            raise exception.ResizeError(reason='Unable to resize disk down.')


def _adopt_base(path, record):
    """Take over the cached image that the old host sent along, if it did."""
    base = os.path.join(path, transfer.BASE)
    image_ids = [entry['image_id'] for entry in record.values() if entry.get('image_id')]
    if image_ids and os.path.exists(base) and os.path.exists(base + '.json'):
        LOG.info('Taking over image %s, which came with a guest.', image_ids[0])
        imagecache.adopt(image_ids[0], base, base + '.json')
