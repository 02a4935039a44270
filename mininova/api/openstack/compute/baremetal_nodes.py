# SPDX-License-Identifier: Apache-2.0
"""/os-baremetal-nodes: a proxy of Ironic, until 2.35 (nova-api).  Nova: nova/api/openstack/compute/baremetal_nodes.py.

There is no Ironic here; the answers are those of a Nova without one.  What would change something Nova refused before.
"""
from mininova import exception
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import baremetal_nodes as schemas
from mininova.policies import baremetal_nodes as policies

LAST = '2.35'


class BareMetalNodeController(wsgi.Controller):
    """Nodes of Ironic."""

    @wsgi.api_version('2.1', LAST)
    @wsgi.expected_errors((404, 501))
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        _refuse_reading(req, policies.LIST)

    @wsgi.api_version('2.1', LAST)
    @wsgi.expected_errors((404, 501))
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        _refuse_reading(req, policies.SHOW)

    @wsgi.api_version('2.1', LAST)
    @wsgi.expected_errors(400)
    @validation.schema(schemas.anything)
    @validation.response_schema(schemas.create_response)
    def create(self, req, body):
        _refuse_change(req, 'node-create')

    @wsgi.api_version('2.1', LAST)
    @wsgi.expected_errors(400)
    @validation.query_schema(schemas.query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):
        _refuse_change(req, 'node-delete')

    @wsgi.api_version('2.1', LAST)
    @wsgi.expected_errors(400)
    @wsgi.action('add_interface')
    @validation.schema(schemas.add_interface)
    @validation.response_schema(schemas.add_interface_response)
    def add_interface(self, req, id, body):
        _refuse_change(req, 'port-create')

    @wsgi.api_version('2.1', LAST)
    @wsgi.expected_errors(400)
    @wsgi.action('remove_interface')
    @validation.schema(schemas.remove_interface)
    @validation.response_schema(schemas.remove_interface_response)
    def remove_interface(self, req, id, body):
        _refuse_change(req, 'port-delete')


def _refuse_reading(req, rule):
    _check(req, rule)
    raise exception.NotSupported('Ironic client unavailable, cannot access Ironic.')


def _refuse_change(req, command):
    _check(req, policies.SHOW)
    raise exception.Invalid(f'Command Not supported. Please use Ironic command {command} to perform this action.')


def _check(req, rule):
    req.environ['nova.context'].can(rule, target={})


class BareMetalNodes(extensions.Extension):
    """Nodes of Ironic."""

    alias = 'os-baremetal-nodes'
    name = 'BareMetalNodes'
    resources = (extensions.Resource('os-baremetal-nodes', BareMetalNodeController, member_actions={'action': 'POST'}),)
