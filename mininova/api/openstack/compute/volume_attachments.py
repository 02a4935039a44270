# SPDX-License-Identifier: Apache-2.0
"""/servers/{id}/os-volume_attachments: the volumes of a server (nova-api).  Nova:
nova/api/openstack/compute/volume_attachments.py.

What there is, is read from our own table; to attach, detach or swap one needs the volume service, see
``mininova/volume/api.py``.
"""
import webob.exc
from oslo_utils import strutils

from mininova import exception
from mininova.api import validation
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import volume_attachments as schemas
from mininova.api.openstack.compute.views import volume_attachments as views
from mininova.compute import api as compute
from mininova.compute import vm_states
from mininova.policies import volumes_attachments as policies

_SHELVED = (vm_states.SHELVED, vm_states.SHELVED_OFFLOADED)
# Key of a body -> field of a mapping; what of an attachment must stay as it is.
_FIXED = {'id': 'volume_id', 'serverId': 'instance_uuid', 'device': 'device_name', 'tag': 'tag'}


class VolumeAttachmentController(wsgi.Controller):
    """Attachments by the id of their volume."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, server_id, rule):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, server_id)
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @staticmethod
    def _check_shelved(req, instance, method):
        """Refuse a shelved server to requests of before 2.20."""
        if instance.vm_state in _SHELVED and not versions.is_supported(req, '2.20'):
            raise exception.InstanceInvalidState(attr='vm_state', instance_uuid=instance.uuid, state=instance.vm_state,
                                                 method=method)

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req, server_id):
        context, instance = self._find(req, server_id, policies.INDEX)
        attachments = self.compute_api.get_volume_attachments(context, instance)
        offset, limit = (common.to_number(req.GET.get(name) or 0) for name in ('offset', 'limit'))
        limit = common.get_limit_and_marker(req)[0] if limit else None
        return self._view_builder.index(req, attachments[offset:][:limit])

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, server_id, id):
        context, instance = self._find(req, server_id, policies.SHOW)
        return self._view_builder.show(req, self.compute_api.get_volume_attachment(context, instance, id))

    @wsgi.api_version('2.1', '2.100')
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, server_id, body):
        self._attach(req, server_id, body)

    @wsgi.api_version('2.101')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.create)
    @validation.response_schema(validation.EMPTY)
    def create(self, req, server_id, body):  # noqa: F811
        self._attach(req, server_id, body)

    def _attach(self, req, server_id, body):
        """Ask the volume service, of which there is none: it knows no volume."""
        context, instance = self._find(req, server_id, policies.CREATE)
        self._check_shelved(req, instance, 'attach_volume')
        self.compute_api.attach_volume(context, instance, body['volumeAttachment']['volumeId'])

    @wsgi.response(202)
    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.update)
    @validation.response_schema(validation.EMPTY)
    def update(self, req, server_id, id, body):
        """Until 2.84 put another volume in the place of one; from 2.85 on change an attachment too."""
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, server_id)
        asked = body['volumeAttachment']
        changes_only = versions.is_supported(req, '2.85') and asked['volumeId'] == id
        if changes_only:
            context.can(policies.UPDATE, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        else:
            context.can(policies.SWAP, target={})
        if versions.is_supported(req, '2.85'):
            self._change(context, instance, id, asked)
        if not changes_only:
            self.compute_api.volume_api.get(context, id[:80])

    def _change(self, context, instance, volume_id, asked):
        attachment = self.compute_api.get_volume_attachment(context, instance, volume_id)
        for key, field in _FIXED.items():
            if key in asked and asked[key] != getattr(attachment, field):
                raise webob.exc.HTTPBadRequest(explanation=f'The {key} property is not mutable')
        if 'delete_on_termination' in asked:
            attachment.delete_on_termination = strutils.bool_from_string(asked['delete_on_termination'], strict=True)
            attachment.save()

    @wsgi.response(202)
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(validation.EMPTY)
    def delete(self, req, server_id, id):
        context, instance = self._find(req, server_id, policies.DELETE)
        self._check_shelved(req, instance, 'detach_volume')
        self.compute_api.volume_api.get(context, id[:80])


class VolumeAttachments(extensions.Extension):
    """/servers/{id}/os-volume_attachments."""

    alias = 'os-volume-attachments'
    name = 'VolumeAttachments'
    resources = (extensions.Resource('os-volume_attachments', VolumeAttachmentController,
                                     parent=('servers', 'server_id')),)
