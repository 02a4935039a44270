# SPDX-License-Identifier: Apache-2.0
"""Which rule lets whom use an operation: what the rules say that they are for, against all operations."""
import re

from mininova import policies

# Rules that decide about more than whether an operation may be used: filters, fields, hosts.
SIDE = frozenset('''
    network:attach_external_network
    compute:server:topology:host:index compute:servers:create:requested_destination
    os_compute_api:limits:other_project os_compute_api:os-extended-server-attributes
    os_compute_api:os-instance-actions:events os_compute_api:os-instance-actions:events:details
    os_compute_api:os-lock-server:unlock:unlock_override os_compute_api:os-migrate-server:migrate:host
    os_compute_api:os-migrate-server:migrate_live:host os_compute_api:os-migrations:index:all_projects
    os_compute_api:os-migrations:index:host os_compute_api:os-shelve:unshelve_to_host
    os_compute_api:os-volumes-attachments:update
    os_compute_api:servers:allow_all_filters os_compute_api:servers:create:attach_network
    os_compute_api:servers:create:attach_volume os_compute_api:servers:create:forced_host
    os_compute_api:servers:create:trusted_certs os_compute_api:servers:create:zero_disk_flavor
    os_compute_api:servers:detail:get_all_tenants os_compute_api:servers:index:get_all_tenants
    os_compute_api:servers:migrations:index:host os_compute_api:servers:rebuild:trusted_certs
    os_compute_api:servers:show:flavor-extra-specs os_compute_api:servers:show:host_status
    os_compute_api:servers:show:host_status:unknown-only'''.split())
# Of a flavor's extra specs the same rule is a side rule in the flavor, and the rule of their own list.
SPECS = 'os_compute_api:os-flavor-extra-specs:index'


def _plain(method, path):
    return method, re.sub(r'{\w+}', '{}', path)


def _table():
    found = {}
    for rule in policies.list_rules():
        for operation in getattr(rule, 'operations', ()):
            key = _plain(operation['method'], operation['path'])
            if rule.name not in SIDE and not (rule.name == SPECS and not key[1].endswith('os-extra_specs')):
                found.setdefault(key, []).append(rule)
    return found


TABLE = _table()


def rules_of(operation):
    """Return the rules that say of themselves that they decide about an operation."""
    method, path, found = operation
    path = path.replace('/os-volumes_boot', '/servers')
    return TABLE.get(_plain(method, path + (f' ({found.action})' if found.action else '')), [])
