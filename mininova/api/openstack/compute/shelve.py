# SPDX-License-Identifier: Apache-2.0
"""Put a server away as an image, and bring it back (nova-api).  Nova: nova/api/openstack/compute/shelve.py."""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import shelve as schemas
from mininova.compute import api as compute
from mininova.policies import shelve as policies


class ShelveController(wsgi.Controller):
    """A shelved server is off; offloaded, it takes nothing of any host."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, id, rule):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.action('shelve')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.shelve)
    @validation.response_schema(validation.EMPTY)
    def shelve(self, req, id, body):
        self.compute_api.shelve(*self._find(req, id, policies.SHELVE))

    @wsgi.action('shelveOffload')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 404, 409))
    @validation.schema(schemas.shelve_offload)
    @validation.response_schema(validation.EMPTY)
    def shelve_offload(self, req, id, body):
        self.compute_api.shelve_offload(*self._find(req, id, policies.OFFLOAD))

    @wsgi.api_version('2.1', '2.76')
    @wsgi.action('unshelve')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.unshelve)
    @validation.response_schema(validation.EMPTY)
    def unshelve(self, req, id, body):
        self.compute_api.unshelve(*self._find(req, id, policies.UNSHELVE))

    @wsgi.api_version('2.77')
    @wsgi.action('unshelve')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.unshelve)
    @validation.response_schema(validation.EMPTY)
    def unshelve(self, req, id, body):  # noqa: F811
        """The body may say where; `availability_zone` null is not the same as no zone."""
        self.compute_api.unshelve(*self._find(req, id, policies.UNSHELVE), **(body['unshelve'] or {}))


class Shelve(extensions.Extension):
    """shelve, shelveOffload and unshelve."""

    alias = 'os-shelve'
    name = 'Shelve'
    actions = (extensions.ControllerActions('servers', ShelveController),)
