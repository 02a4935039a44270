# SPDX-License-Identifier: Apache-2.0
"""Give a server another flavor, then keep that or take it back (nova-api).

In Nova: _action_resize, _action_confirm_resize and _action_revert_resize of nova/api/openstack/compute/servers.py.
"""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import resize as schemas
from mininova.compute import api as compute
from mininova.policies import servers as policies


class ResizeController(wsgi.Controller):
    """resize, confirmResize and revertResize."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, id, rule):
        """Return (context, server) if there is such a server and the caller may act on it."""
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.action('resize')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 401, 403, 404, 409))
    @validation.schema(schemas.resize)
    @validation.response_schema(validation.EMPTY)
    def resize(self, req, id, body):
        asked = body['resize']
        config = asked.get('OS-DCF:diskConfig')
        self.compute_api.resize(*self._find(req, id, policies.RESIZE), common.get_id_from_href(asked['flavorRef']),
                                auto_disk_config=None if config is None else config == 'AUTO')

    @wsgi.action('confirmResize')
    @wsgi.response(204)
    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.confirm)
    @validation.response_schema(validation.EMPTY)
    def confirm(self, req, id, body):
        self.compute_api.confirm_resize(*self._find(req, id, policies.CONFIRM_RESIZE))

    @wsgi.action('revertResize')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.revert)
    @validation.response_schema(validation.EMPTY)
    def revert(self, req, id, body):
        self.compute_api.revert_resize(*self._find(req, id, policies.REVERT_RESIZE))


class Resize(extensions.Extension):
    """resize, confirmResize and revertResize."""

    alias = 'os-resize'
    name = 'Resize'
    is_core = True
    actions = (extensions.ControllerActions('servers', ResizeController),)
