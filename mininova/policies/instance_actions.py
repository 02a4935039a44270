# SPDX-License-Identifier: Apache-2.0
"""Rules of the history of servers.  Nova: nova/policies/instance_actions.py."""
from mininova.policies import base

LIST = 'os_compute_api:os-instance-actions:list'
SHOW = 'os_compute_api:os-instance-actions:show'
EVENTS = 'os_compute_api:os-instance-actions:events'
EVENTS_DETAILS = 'os_compute_api:os-instance-actions:events:details'

_PATH = '/servers/{server_id}/os-instance-actions'


def list_rules():
    return [
        base.rule(LIST, base.PROJECT_READER_OR_ADMIN, 'List the actions on a server.', f'GET {_PATH}'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show an action on a server.', f'GET {_PATH}/{{request_id}}'),
        base.rule(EVENTS, base.ADMIN, 'See the events of an action with tracebacks (2.1-2.50) and hosts (2.62).',
                  f'GET {_PATH}/{{request_id}}'),
        base.rule(EVENTS_DETAILS, base.ADMIN, 'See the details of the events of an action (2.84).',
                  f'GET {_PATH}/{{request_id}}'),
    ]
