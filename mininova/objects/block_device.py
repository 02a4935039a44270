# SPDX-License-Identifier: Apache-2.0
"""BlockDeviceMapping: the disks of a server.  Nova: nova/objects/block_device.py."""
from mininova.objects import base, fields

db = base.Database('block_devices')

@base.register
class BlockDeviceMapping(base.NovaObject, base.NovaPersistentObject):
    """``volume_size`` in GiB; ``boot_index`` 0 is the root disk, -1 or None never booted from."""
    VERSION = '1.0'
    fields = {
        'id': fields.integer(), 'uuid': fields.text(), 'instance_uuid': fields.text(), 'source_type': fields.text(),
        'destination_type': fields.text(), 'guest_format': fields.text(), 'device_type': fields.text(),
        'disk_bus': fields.text(),
        'boot_index': fields.integer(), 'device_name': fields.text(),
        'delete_on_termination': fields.BooleanField(default=False),
        'snapshot_id': fields.text(), 'volume_id': fields.text(), 'volume_size': fields.integer(),
        'image_id': fields.text(),
        'no_device': fields.BooleanField(default=False), 'connection_info': fields.text(), 'tag': fields.text(),
        'volume_type': fields.text(), 'attachment_id': fields.text(),
    }

    @property
    def is_root(self):
        return self.boot_index == 0

    @property
    def is_volume(self):
        return self.destination_type == 'volume'

    @base.remotable
    def save(self):
        db.update(self.id, self.obj_changes_plain())
        self.obj_reset_changes()


@base.register
class BlockDeviceMappingList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('BlockDeviceMapping')}

    @base.remotable_classmethod
    def get_by_instance_uuid(cls, context, instance_uuid):
        return cls._from_rows(context, BlockDeviceMapping, db.list_by_instance(instance_uuid))

    @base.remotable_classmethod
    def delete_by_instance_uuid(cls, context, instance_uuid):
        db.delete_by_instance(instance_uuid)
