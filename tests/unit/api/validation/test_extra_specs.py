# SPDX-License-Identifier: Apache-2.0
"""Known extra specs."""
import pytest

from mininova import exception
from mininova.api.validation.extra_specs import known, validators


@pytest.mark.parametrize('name, good, bad', [
    ('hw:cpu_policy', 'dedicated', 'Dedicated'), ('hw:cpu_realtime_mask', '^0-1', 'a'), ('hw:cpu_dedicated_mask',
                                                                                         '0-3,^1', '0-'),
    ('hw:mem_page_size', '2MB', 'huge'), ('hw:mem_page_size', 'large', '-1'), ('hw:numa_nodes', '1', '0'),
    ('hw:numa_cpus.0', '0,2', 'x'), ('hw:numa_mem.12', '512', '0'), ('hw:pmem', '4GB,16GB', 'a-b'),
    ('hw:redirected_usb_ports', '15', '16'), ('hw:serial_port_count', '0', '-1'), ('hw:watchdog_action', 'reset',
                                                                                   'explode'),
    ('hw:boot_menu', 'true', 'maybe'), ('hw:tpm_version', '2.0', '3'), ('hw_rng:allowed', 'False', ''),
    ('hw_rng:rate_bytes', '0', '1.5'), ('hw_video:ram_max_mb', '16', 'much'), ('os:secure_boot', 'required',
                                                                               'optional'),
    ('pci_passthrough:alias', 'gpu:1, nic:2', 'gpu'), ('quota:cpu_quota', '-1', 'x'), ('quota:cpu_shares_level', 'high',
                                                                                       'higher'),
    ('quota:vif_outbound_burst', '1', '-1'), ('quota:disk_total_iops_sec', '5', 'a'), ('group_policy', 'none', 'any'),
    ('hide_hypervisor_id', 'yes', 'x'), ('resources:VCPU', '2', 'two'), ('resources1:CUSTOM_GOLD', '1', ''),
    ('resources_left:MEMORY_MB', '1', 'x'), ('trait:HW_CPU_X86_AVX', 'required', 'wanted'), ('traitB:CUSTOM_X',
                                                                                             'forbidden', '1')])
def test_values_are_checked(name, good, bad):
    validators.validate(name, good)
    with pytest.raises(exception.ValidationError) as caught:
        validators.validate(name, bad)
    assert name in str(caught.value)


@pytest.mark.parametrize('name', [
    'capabilities:vcpus', 'capabilities:cpu_info', 'capabilities:cpu_info:topology:cores',
    'aggregate_instance_extra_specs:ssd',
    'accel:device_profile', 'vmware:storage_policy'])
def test_some_values_are_free(name):
    validators.validate(name, '<in> anything')


@pytest.mark.parametrize('name', [
    'hw:nope', 'hw:numa_cpus.', 'hw:numa_cpus.x', 'hw_rng:nope', 'os:nope', 'quota:nope', 'resources:NOPE',
    'resources:vcpu',
    'resources1:NOPE', 'trait:NOPE', 'trait_a:nope', 'capabilities:nope', 'accel:nope', 'pci_passthrough:nope', 'hw:',
    'aggregate_instance_extra_specs:'])
def test_unknown_names_in_known_namespaces_are_refused(name):
    with pytest.raises(exception.ValidationError):
        validators.validate(name, '1')


@pytest.mark.parametrize('name', ['free', 'my:own', 'hw', 'resources', 'hwx:y', 'xhw:cpu_policy', 'resources$:VCPU',
                                  ''])
def test_other_names_are_free(name):
    validators.validate(name, 'anything')


def test_a_long_value_does_not_make_a_long_message():
    with pytest.raises(exception.ValidationError) as caught:
        validators.validate('hw:cpu_policy', 'x' * 100000)
    assert len(str(caught.value)) < 500


def test_the_list_has_every_family():
    families = {name.partition(':')[0] for name in known.NAMES}
    assert families >= {'hw', 'hw_rng', 'hw_video', 'os', 'quota', 'pci_passthrough', 'accel', 'vmware', 'capabilities'}
    assert len([name for name in known.NAMES if name.startswith('quota:')]) == 31
