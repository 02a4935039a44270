# SPDX-License-Identifier: Apache-2.0
"""Rules of /os-hosts.  Nova: nova/policies/hosts.py."""
from mininova.policies import base

LIST = 'os_compute_api:os-hosts:list'
SHOW = 'os_compute_api:os-hosts:show'
UPDATE = 'os_compute_api:os-hosts:update'
REBOOT = 'os_compute_api:os-hosts:reboot'
SHUTDOWN = 'os_compute_api:os-hosts:shutdown'
START = 'os_compute_api:os-hosts:start'

_MEMBER = '/os-hosts/{host_name}'


def list_rules():
    return [
        base.rule(LIST, base.ADMIN, 'List the hosts (until 2.42).', 'GET /os-hosts'),
        base.rule(SHOW, base.ADMIN, 'Show what a host has (until 2.42).', f'GET {_MEMBER}'),
        base.rule(UPDATE, base.ADMIN, 'Take a host out of service (until 2.42).', f'PUT {_MEMBER}'),
        base.rule(REBOOT, base.ADMIN, 'Reboot a host (until 2.42).', f'GET {_MEMBER}/reboot'),
        base.rule(SHUTDOWN, base.ADMIN, 'Turn a host off (until 2.42).', f'GET {_MEMBER}/shutdown'),
        base.rule(START, base.ADMIN, 'Turn a host on (until 2.42).', f'GET {_MEMBER}/startup'),
    ]
