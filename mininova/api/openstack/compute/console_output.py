# SPDX-License-Identifier: Apache-2.0
"""Read what a guest wrote to its console (nova-api).  Nova: nova/api/openstack/compute/console_output.py."""
from mininova.api import validation
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import console_output as schemas
from mininova.api.validation import parameter_types
from mininova.compute import api as compute
from mininova.policies import console_output as policies


class ConsoleOutputController(wsgi.Controller):
    """The console of a server as text."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    @wsgi.action('os-getConsoleOutput')
    @wsgi.expected_errors((404, 409, 501))
    @validation.schema(schemas.get_console_output)
    @validation.response_schema(schemas.get_console_output_response)
    def get_console_output(self, req, id, body):
        """Return the last `length` lines; -1 or none for all that is kept."""
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id)
        context.can(policies.ROOT, target={'project_id': instance.project_id, 'user_id': instance.user_id})
        length = body['os-getConsoleOutput'].get('length')
        if length is not None:
            # More lines than that are all lines.
            length = int(length) if len(str(length)) < 20 else parameter_types.MAX_INT
            length = None if length < 0 else length
        return {'output': self.compute_api.get_console_output(context, instance, length)}


class ConsoleOutput(extensions.Extension):
    """os-getConsoleOutput."""

    alias = 'os-console-output'
    name = 'ConsoleOutput'
    actions = (extensions.ControllerActions('servers', ConsoleOutputController),)
