# SPDX-License-Identifier: Apache-2.0
"""URLs that open the screen or the serial port of a server (nova-api).  Nova:
nova/api/openstack/compute/remote_consoles.py.
"""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import remote_consoles as schemas
from mininova.compute import api as compute
from mininova.policies import remote_consoles as policies


class RemoteConsolesController(wsgi.Controller):
    """Until 2.5 an action for each protocol, from 2.6 on /servers/{id}/remote-consoles for all."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _open(self, req, server_id, protocol, console_type):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, server_id)
        context.can(policies.ROOT, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        return {'type': console_type,
                'url': self.compute_api.get_console_url(context, instance, protocol, console_type)}

    @wsgi.api_version('2.1', '2.5')
    @wsgi.action('os-getVNCConsole')
    @wsgi.expected_errors((400, 404, 409, 501))
    @validation.schema(schemas.get_vnc_console)
    @validation.response_schema(schemas.get_vnc_console_response)
    def get_vnc_console(self, req, id, body):
        return {'console': self._open(req, id, 'vnc', body['os-getVNCConsole']['type'])}

    @wsgi.api_version('2.1', '2.5')
    @wsgi.action('os-getSPICEConsole')
    @wsgi.expected_errors((400, 404, 409, 501))
    @validation.schema(schemas.get_spice_console)
    @validation.response_schema(schemas.get_spice_console_response)
    def get_spice_console(self, req, id, body):
        return {'console': self._open(req, id, 'spice', body['os-getSPICEConsole']['type'])}

    @wsgi.api_version('2.1', '2.5')
    @wsgi.action('os-getSerialConsole')
    @wsgi.expected_errors((400, 404, 409, 501))
    @validation.schema(schemas.get_serial_console)
    @validation.response_schema(schemas.get_serial_console_response)
    def get_serial_console(self, req, id, body):
        return {'console': self._open(req, id, 'serial', body['os-getSerialConsole']['type'])}

    @wsgi.api_version('2.1', '2.5')
    @wsgi.removed('29.0.0', 'It was for Hyper-V only.')
    @wsgi.action('os-getRDPConsole')
    @validation.schema(schemas.removed)
    def get_rdp_console(self, req, id, body):
        """Removed."""

    @wsgi.api_version('2.6')
    @wsgi.expected_errors((400, 404, 409, 501))
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, server_id, body):
        asked = body['remote_console']
        shown = self._open(req, server_id, asked['protocol'], asked['type'])
        return {'remote_console': {'protocol': asked['protocol'], **shown}}


class RemoteConsoles(extensions.Extension):
    """/servers/{id}/remote-consoles and the actions before it."""

    alias = 'os-remote-consoles'
    name = 'Consoles'
    resources = (extensions.Resource('remote-consoles', RemoteConsolesController, parent=('servers', 'server_id')),)
    actions = (extensions.ControllerActions('servers', RemoteConsolesController),)
