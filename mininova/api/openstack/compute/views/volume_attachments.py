# SPDX-License-Identifier: Apache-2.0
"""How the volumes of a server are shown.  In Nova: nova/api/openstack/compute/volume_attachments.py."""
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common


class ViewBuilder(common.ViewBuilder):
    """Takes objects.BlockDeviceMapping."""

    def index(self, req, attachments):
        return {'volumeAttachments': [self._one(req, attachment) for attachment in attachments]}

    def show(self, req, attachment):
        return {'volumeAttachment': self._one(req, attachment)}

    @staticmethod
    def _one(req, attachment):
        shown = {'volumeId': attachment.volume_id, 'serverId': attachment.instance_uuid}
        if attachment.device_name:
            shown['device'] = attachment.device_name
        if versions.is_supported(req, '2.70'):
            shown['tag'] = attachment.tag
        if versions.is_supported(req, '2.79'):
            shown['delete_on_termination'] = attachment.delete_on_termination
        if versions.is_supported(req, '2.89'):
            shown.update(attachment_id=attachment.attachment_id, bdm_uuid=attachment.uuid)
        else:
            shown['id'] = attachment.volume_id
        return shown
