# SPDX-License-Identifier: Apache-2.0
"""The records of the cloud.  ``register_all()`` makes every class available as ``objects.<Name>``.

Each daemon calls it once at start.  Nova: nova/objects/__init__.py.
"""
import importlib

MODULES = (
    'aggregate', 'allocation', 'block_device', 'compute_node', 'console_auth_token', 'external_event', 'fixed_ip',
    'flavor', 'floating_ip', 'image_meta', 'instance', 'instance_action', 'instance_fault', 'instance_group', 'keypair',
    'migration', 'network', 'network_request', 'quotas', 'request_spec', 'scheduling_report', 'security_group',
    'service', 'task_log', 'virtual_interface', 'worker')


def register_all():
    """Import every object module."""
    for name in MODULES:
        importlib.import_module(f'mininova.objects.{name}')
