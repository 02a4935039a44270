# SPDX-License-Identifier: Apache-2.0
"""rebuild and createImage (nova-api).  In Nova: nova/api/openstack/compute/servers.py."""
from oslo_utils import strutils

from mininova import exception, quota, utils
from mininova.api import validation
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import server_disk_actions as schemas
from mininova.api.openstack.compute.schemas import server_responses
from mininova.api.openstack.compute.views import server_images as image_views
from mininova.api.openstack.compute.views import servers as views
from mininova.compute import api as compute
from mininova.compute import rebuild_actions
from mininova.image import api as image_api
from mininova.objects import instance_rows
from mininova.policies import servers as policies

# Key of the body -> column of the server.
_CHANGES = {'name': 'display_name', 'description': 'display_description', 'accessIPv4': 'access_ip_v4',
            'accessIPv6': 'access_ip_v6', 'hostname': 'hostname', 'user_data': 'user_data'}


class ServerDiskActionsController(wsgi.Controller):
    """What concerns a server's disk as a whole."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()
        self.image_api = image_api.API()

    def _find(self, req, id, rule):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.action('rebuild')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.rebuild)
    @validation.response_schema(server_responses.rebuild)
    def rebuild(self, req, id, body):
        context, instance = self._find(req, id, policies.REBUILD)
        asked = body['rebuild']
        if asked.get('trusted_image_certificates'):
            context.can(policies.REBUILD_TRUSTED_CERTS, target={'project_id': instance.project_id,
                                                                'user_id': instance.user_id})
            raise exception.Invalid('Certificates cannot be validated: no key manager is part of this cloud.')
        request = _rebuild_request(asked)
        self.compute_api.rebuild(context, instance, request)
        row = instance_rows.get_row(context, views.columns(req, user_data=True), instance.uuid,
                                    views.wanted(req, single=True))
        answer = self._view_builder.rebuild(req, row, request.admin_password)
        return wsgi.ResponseObject(answer, headers={'Location': answer['server']['links'][0]['href']})

    @wsgi.action('createImage')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.create_image)
    @validation.response_schema(schemas.image_response)
    def create_image(self, req, id, body):
        context, instance = self._find(req, id, policies.CREATE_IMAGE)
        asked = body['createImage']
        name, metadata = common.normalize_name(asked['name']), asked.get('metadata') or {}
        check_image_metadata(req, metadata)
        image = self.compute_api.snapshot(context, instance, name, metadata)
        return image_views.made(req, image, self.image_api.url(context))


def check_image_metadata(req, metadata):
    """Refuse more properties of an image than a server may have metadata; from 2.39 on nobody counts.

    :raises MetadataLimitExceeded: (403)
    """
    if not versions.is_supported(req, '2.39'):
        quota.check_metadata_items(req.environ['nova.context'], len(metadata))


def _rebuild_request(asked):
    changes = {_CHANGES[key]: value for key, value in asked.items() if key in _CHANGES}
    if 'display_name' in changes:
        changes['display_name'] = common.normalize_name(changes['display_name'])
    return rebuild_actions.RebuildRequest(
        image_id=asked['imageRef'], admin_password=asked.get('adminPass') or utils.generate_password(),
        changes=changes, metadata=asked.get('metadata'), key_name=asked.get('key_name', ...),
        injected_files=[[item.get('path', ''), item.get('contents', '')] for item in asked.get('personality') or ()],
        auto_disk_config={'AUTO': True, 'MANUAL': False}.get(asked.get('OS-DCF:diskConfig')),
        preserve_ephemeral=strutils.bool_from_string(asked.get('preserve_ephemeral', False)))


class ServerDiskActions(extensions.Extension):
    """rebuild and createImage."""

    alias = 'os-server-disk-actions'
    name = 'ServerDiskActions'
    is_core = True
    actions = (extensions.ControllerActions('servers', ServerDiskActionsController),)
