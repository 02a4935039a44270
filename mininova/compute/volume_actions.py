# SPDX-License-Identifier: Apache-2.0
"""Volumes of a server; runs in nova-api.  Nova: attach_volume and its siblings of nova/compute/api.py."""
from mininova import exception, objects
from mininova.compute import action
from mininova.volume import api as volume_api


class VolumeActions:
    """Part of :class:`mininova.compute.api.API`."""

    volume_api = volume_api.API()

    def attach_volume(self, context, instance, volume_id):
        """Refuse to attach a volume, for the first of the reasons that Nova would look for.

        :raises InstanceIsLocked, InstanceInvalidState: (409)
        :raises VolumeNotFound: no volume service is part of this cloud (404)
        """
        action.check_action(context, instance, 'attach_volume')
        self.volume_api.get(context, volume_id)

    @staticmethod
    def get_volume_attachments(context, instance):
        """Return what the record says of a server's volumes, as objects.BlockDeviceMapping."""
        devices = objects.BlockDeviceMappingList.get_by_instance_uuid(context, instance.uuid)
        return [device for device in devices if device.volume_id]

    def get_volume_attachment(self, context, instance, volume_id):
        """Return one of them.

        :raises VolumeAttachmentNotFound: (404)
        """
        for device in self.get_volume_attachments(context, instance):
            if device.volume_id == volume_id:
                return device
        raise exception.VolumeAttachmentNotFound(instance_id=instance.uuid, volume_id=volume_id[:80])
