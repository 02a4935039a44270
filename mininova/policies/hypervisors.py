# SPDX-License-Identifier: Apache-2.0
"""Rules of /os-hypervisors.  Nova: nova/policies/hypervisors.py."""
from mininova.policies import base

LIST = 'os_compute_api:os-hypervisors:list'
LIST_DETAIL = 'os_compute_api:os-hypervisors:list-detail'
STATISTICS = 'os_compute_api:os-hypervisors:statistics'
SHOW = 'os_compute_api:os-hypervisors:show'
UPTIME = 'os_compute_api:os-hypervisors:uptime'
SEARCH = 'os_compute_api:os-hypervisors:search'
SERVERS = 'os_compute_api:os-hypervisors:servers'

_PATH = '/os-hypervisors'


def list_rules():
    return [
        base.rule(LIST, base.ADMIN, 'List hypervisors.', f'GET {_PATH}'),
        base.rule(LIST_DETAIL, base.ADMIN, 'List hypervisors with details.', f'GET {_PATH}/detail'),
        base.rule(STATISTICS, base.ADMIN, 'Show the sums over all hypervisors.', f'GET {_PATH}/statistics'),
        base.rule(SHOW, base.ADMIN, 'Show a hypervisor.', f'GET {_PATH}/{{hypervisor_id}}'),
        base.rule(UPTIME, base.ADMIN, 'Show how long a hypervisor is up.', f'GET {_PATH}/{{hypervisor_id}}/uptime'),
        base.rule(SEARCH, base.ADMIN, 'Find hypervisors by a part of their names.',
                  f'GET {_PATH}/{{hypervisor_hostname_pattern}}/search'),
        base.rule(SERVERS, base.ADMIN, 'Find hypervisors with their servers.',
                  f'GET {_PATH}/{{hypervisor_hostname_pattern}}/servers'),
    ]
