# SPDX-License-Identifier: Apache-2.0
"""Further addresses of a server's cards, until 2.43 (nova-api).  Nova: nova/api/openstack/compute/multinic.py."""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import multinic as schemas
from mininova.compute import api as compute
from mininova.policies import multinic as policies


class MultinicController(wsgi.Controller):
    """addFixedIp and removeFixedIp."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, id, rule):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        context.can(rule, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return context, instance

    @wsgi.api_version('2.1', '2.43')
    @wsgi.action('addFixedIp')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 404))
    @validation.schema(schemas.add_fixed_ip)
    @validation.response_schema(validation.EMPTY)
    def add_fixed_ip(self, req, id, body):
        context, instance = self._find(req, id, policies.ADD)
        self.compute_api.add_fixed_ip(context, instance, str(body['addFixedIp']['networkId']))

    @wsgi.api_version('2.1', '2.43')
    @wsgi.action('removeFixedIp')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 404))
    @validation.schema(schemas.remove_fixed_ip)
    @validation.response_schema(validation.EMPTY)
    def remove_fixed_ip(self, req, id, body):
        context, instance = self._find(req, id, policies.REMOVE)
        self.compute_api.remove_fixed_ip(context, instance, body['removeFixedIp']['address'])


class Multinic(extensions.Extension):
    """addFixedIp and removeFixedIp."""

    alias = 'os-multinic'
    name = 'Multinic'
    actions = (extensions.ControllerActions('servers', MultinicController),)
