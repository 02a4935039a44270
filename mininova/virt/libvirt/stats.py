# SPDX-License-Identifier: Apache-2.0
"""What the host has, and what its guests used.  Runs in nova-compute.

Cut out of Nova's nova/virt/libvirt/driver.py and host.py.
"""
import json
import os

from oslo_concurrency import processutils
from oslo_utils import units

import mininova.conf
from mininova import concurrency
from mininova.virt import diagnostics, hardware
from mininova.virt.libvirt import disks, pci, utils

CONF = mininova.conf.CONF

_DISK_KEYS = ('read_req', 'read', 'write_req', 'write', 'errors')
_NIC_KEYS = ('', '_packets', '_errors', '_drop')


def host_resources(host, virt_type, nodename):
    """Return the document of ``ComputeDriver.get_available_resource``."""
    os.makedirs(CONF.instances_path, exist_ok=True)
    memory_mb, memory_used = _memory()
    total, free = utils.space(CONF.instances_path)
    capabilities = host.capabilities()
    cells = host.numa_topology()
    free_for_guests = free - concurrency.native(disks.over_committed)
    return {
        'vcpus': len(hardware.shared_cpus(range(os.cpu_count()))), 'vcpus_used': _vcpus_used(host),
        'memory_mb': memory_mb, 'memory_mb_used': memory_used,
        'local_gb': total // units.Gi, 'local_gb_used': (total - free) // units.Gi,
        'disk_available_least': free_for_guests // units.Gi,
        'hypervisor_type': 'QEMU', 'hypervisor_version': host.hypervisor_version(), 'hypervisor_hostname': nodename,
        'cpu_info': json.dumps({
            'arch': capabilities.arch, 'model': capabilities.model, 'vendor': capabilities.vendor,
            'topology': {'cells': capabilities.cells, **capabilities.topology},
            'features': sorted(capabilities.features)}),
        'supported_instances': supported_instances(capabilities, virt_type),
        'numa_topology': cells and cells.to_facts(), 'pci_passthrough_devices': json.dumps(pci.host_devices(host)),
    }


def supported_instances(capabilities, virt_type):
    """Return [architecture, hypervisor type, mode] for everything that can run here."""
    found = []
    for arch, types in sorted(capabilities.guests.items()):
        found += [[arch, name, 'hvm'] for name in sorted(types) if name == 'qemu' or name == virt_type]
    return found


def _memory():
    """Return (total, used) memory of the host in MiB; what the kernel can give back is not used."""
    with open('/proc/meminfo', encoding='ascii') as stream:
        facts = {name: int(rest.split()[0]) for name, rest in (line.split(':') for line in stream)}
    return facts['MemTotal'] // units.Ki, (facts['MemTotal'] - facts['MemAvailable']) // units.Ki


def _vcpus_used(host):
    return sum(guest.size()[1] for guest in host.list_guests() if guest.is_active())


def uptime():
    """Return what the command uptime prints."""
    output, _errors = processutils.execute('uptime', env_variables={'LC_ALL': 'C', 'PATH': utils.TOOL_PATH})
    return output


def legacy_diagnostics(guest):
    """Return a guest's counters as API versions before 2.48 show them."""
    found = {f'cpu{number}_time': time for number, time in enumerate(guest.cpu_times())}
    description = guest.describe()
    for disk in description.disks:
        counters = guest.block_stats(disk.target_dev)
        if counters:
            found.update((f'{disk.target_dev}_{key}', value) for key, value in zip(_DISK_KEYS, counters, strict=True))
    found['memory'] = guest.size()[0]
    found.update((f'memory-{key}', value) for key, value in guest.memory_stats().items())
    for card in description.interfaces:
        counters = card.target_dev and guest.interface_stats(card.target_dev)
        if counters:
            for direction, values in (('rx', counters[:4]), ('tx', counters[4:])):
                found.update((f'{card.target_dev}_{direction}{key}', value)
                             for key, value in zip(_NIC_KEYS, values, strict=True))
    return found


def standard_diagnostics(guest, virt_type, config_drive, uptime_seconds):
    """Return a guest's counters in the standard form."""
    info = guest.get_info()
    memory_kib, vcpus = guest.size()
    document = diagnostics.standard(info.state, 'libvirt', virt_type, 'linux', uptime_seconds, config_drive, vcpus,
                                    memory_kib // units.Ki)
    for number, time in enumerate(guest.cpu_times()):
        diagnostics.add_cpu(document, number, time)
    description = guest.describe()
    for disk in description.disks:
        diagnostics.add_disk(document, *(guest.block_stats(disk.target_dev) or ()))
    for card in description.interfaces:
        counters = (card.target_dev and guest.interface_stats(card.target_dev)) or (None,) * 8
        diagnostics.add_nic(document, card.mac, counters[:4], counters[4:])
    memory = guest.memory_stats()
    if 'available' in memory and 'unused' in memory:
        document['memory_details']['used'] = (memory['available'] - memory['unused']) // units.Ki
    return document
