# SPDX-License-Identifier: Apache-2.0
"""Who may do what by default, one module per resource of the API.  Nova: nova/policies/__init__.py.

``policy.yaml`` overrides; ``oslopolicy-sample-generator --namespace nova`` prints a sample.
"""
import importlib
import itertools

MODULES = (
    'base',
    'admin_actions',
    'admin_password',
    'aggregates',
    'assisted_volume_snapshots',
    'attach_interfaces',
    'availability_zone',
    'baremetal_nodes',
    'console_auth_tokens',
    'console_output',
    'create_backup',
    'deferred_delete',
    'evacuate',
    'extended_server_attributes',
    'extensions',
    'flavor_access',
    'flavors',
    'flavors_extraspecs',
    'floating_ip_pools',
    'floating_ips',
    'hosts',
    'hypervisors',
    'image_metadata',
    'images',
    'instance_actions',
    'instance_usage_audit_log',
    'ips',
    'keypairs',
    'limits',
    'lock_server',
    'migrate_server',
    'migrations',
    'multinic',
    'networks',
    'pause_server',
    'quota_class_sets',
    'quota_sets',
    'remote_consoles',
    'rescue',
    'security_groups',
    'server_diagnostics',
    'server_external_events',
    'server_groups',
    'server_metadata',
    'server_password',
    'server_shares',
    'server_tags',
    'server_topology',
    'servers',
    'servers_migrations',
    'services',
    'shelve',
    'simple_tenant_usage',
    'suspend_server',
    'tenant_networks',
    'volumes',
    'volumes_attachments',
)


def list_rules():
    """Return all rules, the base ones first."""
    modules = (importlib.import_module(f'mininova.policies.{name}') for name in MODULES)
    return list(itertools.chain.from_iterable(module.list_rules() for module in modules))
