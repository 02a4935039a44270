# SPDX-License-Identifier: Apache-2.0
"""createBackup (nova-api).  Nova: nova/api/openstack/compute/create_backup.py."""
from mininova import exception
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute import server_disk_actions
from mininova.api.openstack.compute.schemas import create_backup as schemas
from mininova.api.openstack.compute.schemas import server_disk_actions as disk_schemas
from mininova.api.openstack.compute.views import server_images as views
from mininova.compute import api as compute
from mininova.image import api as image_api
from mininova.policies import create_backup as policies


class CreateBackupController(wsgi.Controller):
    """Images of which only so many of a kind are kept."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()
        self.image_api = image_api.API()

    @wsgi.action('createBackup')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.create_backup)
    @validation.response_schema(disk_schemas.backup_response)
    def create_backup(self, req, id, body):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(policies.ROOT, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        asked = body['createBackup']
        metadata, rotation = asked.get('metadata') or {}, common.to_number(asked['rotation'])
        server_disk_actions.check_image_metadata(req, metadata)
        if not instance.image_ref:
            raise exception.Invalid('Backup is not supported for volume-backed instances.')
        image = self.compute_api.backup(context, instance, common.normalize_name(asked['name']), asked['backup_type'],
                                        rotation, metadata)
        # Of no backups to keep, this one is not kept either: there is nothing to point at.
        return views.made(req, image, self.image_api.url(context)) if rotation else None


class CreateBackup(extensions.Extension):
    """createBackup."""

    alias = 'os-create-backup'
    name = 'CreateBackup'
    actions = (extensions.ControllerActions('servers', CreateBackupController),)
