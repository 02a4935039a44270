# SPDX-License-Identifier: Apache-2.0
"""Rules of events of other services.  Nova: nova/policies/server_external_events.py."""
from mininova.policies import base

CREATE = 'os_compute_api:os-server-external-events:create'


def list_rules():
    return [base.rule(CREATE, base.SERVICE_OR_ADMIN, 'Tell servers what other services did for them.',
                      'POST /os-server-external-events')]
