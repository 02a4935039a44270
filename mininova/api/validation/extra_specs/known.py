# SPDX-License-Identifier: Apache-2.0
"""The extra specs that the Compute API of 2.86 and above knows (nova-api).

``NAMES`` are whole names, ``PATTERNS`` regular expressions of names with a variable part, ``NAMESPACES``
regular expressions of what may stand before the colon of names that must be known.
"""
import re

import os_resource_classes
import os_traits

from mininova.api.validation.extra_specs import values

_COUNT = values.integer(minimum=1)
_AMOUNT = values.integer(minimum=0)
_CPU_SET = r'\^?\d+((-\d+)?(,\^?\d+(-\d+)?)?)*'
_SHARES = values.one_of('custom', 'high', 'normal', 'low')

_HW = {
    'boot_menu': values.boolean,
    'cpu_cores': _COUNT, 'cpu_sockets': _COUNT, 'cpu_threads': _COUNT,
    'cpu_max_cores': _COUNT, 'cpu_max_sockets': _COUNT, 'cpu_max_threads': _COUNT,
    'cpu_dedicated_mask': values.form(_CPU_SET),
    'cpu_policy': values.one_of('dedicated', 'shared', 'mixed'),
    'cpu_realtime': values.boolean,
    'cpu_realtime_mask': values.form(r'(\^)?\d+((-\d+)?(,\^?\d+(-\d+)?)?)*'),
    'cpu_thread_policy': values.one_of('prefer', 'isolate', 'require'),
    'emulator_threads_policy': values.one_of('isolate', 'share'),
    'ephemeral_encryption': values.boolean,
    'ephemeral_encryption_format': values.one_of('plain', 'luks', 'luksv2'),
    'hide_hypervisor_id': values.boolean,
    'locked_memory': values.boolean,
    'mem_encryption': values.boolean,
    'mem_encryption_model': values.one_of('amd-sev', 'amd-sev-es', 'amd-sev-snp', 'intel-tdx'),
    'mem_page_size': values.form(r'(large|small|any|\d+([kKMGT]i?)?(b|bit|B)?)'),
    'numa_nodes': _COUNT,
    'pci_numa_affinity_policy': values.one_of('required', 'preferred', 'legacy', 'socket'),
    'pmem': values.form(r'[a-zA-Z0-9_]+(,[a-zA-Z0-9_]+)*,?'),
    'pmu': values.boolean,
    'redirected_usb_ports': values.integer(0, 15),
    'serial_port_count': _AMOUNT,
    'sound_model': values.one_of('sb16', 'es1370', 'pcspk', 'ac97', 'ich6', 'ich9', 'usb', 'virtio'),
    'tpm_model': values.one_of('tpm-tis', 'tpm-crb'),
    'tpm_secret_security': values.one_of('user', 'host', 'deployment'),
    'tpm_version': values.one_of('1.2', '2.0'),
    'usb_model': values.one_of('none', 'nec-xhci', 'qemu-xhci'),
    'vif_multiqueue_enabled': values.boolean,
    'viommu_model': values.one_of('intel', 'smmuv3', 'virtio', 'auto'),
    'virtio_packed_ring': values.boolean,
    'watchdog_action': values.one_of('none', 'pause', 'poweroff', 'reset', 'disabled'),
}

_QUOTA = {'cpu_period': _AMOUNT, 'cpu_quota': values.integer(), 'cpu_shares': _AMOUNT}
for _resource in ('cpu', 'memory', 'disk_io', 'vif'):
    _QUOTA.update({f'{_resource}_limit': _AMOUNT, f'{_resource}_reservation': values.integer(),
                   f'{_resource}_shares_level': _SHARES, f'{_resource}_shares_share': _AMOUNT})
for _way in ('read', 'write', 'total'):
    _QUOTA.update({f'disk_{_way}_bytes_sec': _AMOUNT, f'disk_{_way}_iops_sec': _AMOUNT})
for _way in ('inbound', 'outbound'):
    _QUOTA.update({f'vif_{_way}_{_measure}': _AMOUNT for _measure in ('average', 'peak', 'burst')})

_BY_NAMESPACE = {
    'accel': {'device_profile': values.anything},
    'hw': _HW,
    'hw_rng': {'allowed': values.boolean, 'rate_bytes': _AMOUNT, 'rate_period': _AMOUNT},
    'hw_video': {'ram_max_mb': _AMOUNT},
    'os': {'secure_boot': values.one_of('disabled', 'required')},
    'pci_passthrough': {'alias': values.form(r'[^:]+:\d+(?:\s*,\s*[^:]+:\d+)*')},
    'quota': _QUOTA,
    'vmware': {'hw_version': values.anything, 'storage_policy': values.anything},
}

NAMES = {f'{namespace}:{name}': check for namespace, names in _BY_NAMESPACE.items() for name, check in names.items()}
NAMES.update({'hide_hypervisor_id': values.boolean, 'group_policy': values.one_of('isolate', 'none')})

# What a compute node says of itself, as ComputeCapabilitiesFilter compares it.
_CAPABILITIES = """
id uuid service_id host vcpus memory_mb local_gb vcpus_used memory_mb_used local_gb_used hypervisor_type
hypervisor_version hypervisor_hostname free_ram_mb free_disk_gb current_workload running_vms disk_available_least
host_ip mapped cpu_allocation_ratio ram_allocation_ratio disk_allocation_ratio total_usable_ram_mb
total_usable_disk_gb disk_mb_used free_disk_mb vcpus_total num_instances num_io_ops failed_builds aggregates
cell_uuid updated""".split()
# These have parts of their own: capabilities:cpu_info:topology:cores.
_STRUCTURES = """
cpu_info metrics stats numa_topology supported_hv_specs pci_device_pools nodename pci_stats supported_instances limits
instances""".split()
NAMES.update({f'capabilities:{name}': values.anything for name in _CAPABILITIES})

# Requests may be in numbered or named groups: resources1:VCPU, trait_left:HW_CPU_X86_AVX.
_GROUP = r'([a-zA-Z0-9_-]{1,64})?'


def _any(names):
    return '|'.join(map(re.escape, sorted(names)))


PATTERNS = (
    (r'hw:numa_cpus\.\d+', values.form(_CPU_SET)),
    (r'hw:numa_mem\.\d+', _COUNT),
    (rf'capabilities:({_any(_STRUCTURES)})(:\w+)*', values.anything),
    (r'aggregate_instance_extra_specs:.+', values.anything),
    (rf'resources{_GROUP}:(CUSTOM_[A-Z0-9_]+|{_any(os_resource_classes.STANDARDS)})', values.integer()),
    (rf'trait{_GROUP}:(CUSTOM_[A-Z0-9_]+|{_any(os_traits.get_traits())})', values.one_of('required', 'forbidden')),
)
NAMESPACES = (*_BY_NAMESPACE, 'capabilities', 'aggregate_instance_extra_specs', f'resources{_GROUP}', f'trait{_GROUP}')
