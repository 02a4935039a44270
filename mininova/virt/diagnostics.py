# SPDX-License-Identifier: Apache-2.0
"""The standard form of a guest's counters (API 2.48).  Runs in nova-compute.  Nova: nova/objects/diagnostics.py.

All drivers answer the same keys; a value that a driver does not know is None.
"""

STATES = {0: 'pending', 1: 'running', 3: 'paused', 4: 'shutdown', 6: 'crashed', 7: 'suspended'}


def standard(power_state, driver, hypervisor, hypervisor_os, uptime, config_drive, num_cpus, memory_mb):
    """Make the document; CPUs, cards and disks are added by the other functions.

    :param driver: libvirt, xenapi, vmwareapi, ironic or hyperv; Nova's fake driver says libvirt
    :param power_state: number of ``compute.power_state``
    :param uptime: seconds since the guest was started
    :param memory_mb: size of the guest in MiB
    """
    return {
        'state': STATES.get(power_state, 'pending'),
        'driver': driver,
        'hypervisor': hypervisor,
        'hypervisor_os': hypervisor_os,
        'uptime': uptime,
        'config_drive': config_drive,
        'num_cpus': num_cpus,
        'num_nics': 0,
        'num_disks': 0,
        'cpu_details': [],
        'nic_details': [],
        'disk_details': [],
        'memory_details': {'maximum': memory_mb, 'used': None},
    }


def add_cpu(document, cpu_id, time, utilisation=None):
    """Add a CPU: `time` in nanoseconds, `utilisation` in percent."""
    document['cpu_details'].append({'id': cpu_id, 'time': time, 'utilisation': utilisation})


def add_nic(document, mac_address, receive=(None,) * 4, transmit=(None,) * 4):
    """Add a card.

    :param receive: octets, packets, errors, drops
    :param transmit: the same the other way
    """
    entry = {'mac_address': mac_address, 'rx_rate': None, 'tx_rate': None}
    for direction, counters in (('rx', receive), ('tx', transmit)):
        for key, value in zip(('octets', 'packets', 'errors', 'drop'), counters, strict=True):
            entry[f'{direction}_{key}'] = value
    document['nic_details'].append(entry)
    document['num_nics'] += 1


def add_disk(document, read_requests=None, read_bytes=None, write_requests=None, write_bytes=None, errors=None):
    """Add a disk."""
    document['disk_details'].append({
        'read_requests': read_requests, 'read_bytes': read_bytes, 'write_requests': write_requests,
        'write_bytes': write_bytes, 'errors_count': errors})
    document['num_disks'] += 1
