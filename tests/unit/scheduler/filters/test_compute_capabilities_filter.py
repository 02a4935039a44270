# SPDX-License-Identifier: Apache-2.0
"""ComputeCapabilitiesFilter: what extra specs may ask of a host."""
import pytest

from mininova.scheduler import filters
from mininova.scheduler.filters import compute_capabilities_filter
from tests.unit.scheduler import states


def result(extra_specs, **host):
    return compute_capabilities_filter.ComputeCapabilitiesFilter(states.spec(extra_specs=extra_specs)).host_passes(
        states.state(**host))


@pytest.mark.parametrize('extra_specs', [
    {'capabilities:hypervisor_type': 'QEMU'}, {'hypervisor_type': 's== QEMU'}, {'capabilities:free_ram_mb': '>= 8192'},
    {'capabilities:cpu_info:arch': 'x86_64'}, {'capabilities:cpu_info:topology:cores': '= 2'},
    {'capabilities:cpu_info:features': '<in> aes'}, {'capabilities:cpu_info:features': '<all-in> aes vmx'},
    {'capabilities:rack': '<or> r6 <or> r7'}, {'capabilities:stats:rack': 'r7'}, {'rack': 'r7'},
])
def test_what_the_host_has_passes(extra_specs):
    assert result(extra_specs) is filters.PASS


@pytest.mark.parametrize(('extra_specs', 'text'), [
    ({'capabilities:hypervisor_type': 'xen'}, 'has capabilities:hypervisor_type = QEMU, wanted xen'),
    ({'free_ram_mb': '>= 10000'}, 'has free_ram_mb = 8192, wanted >= 10000'),
    ({'capabilities:wings': '2'}, 'has no capabilities:wings'),
    ({'capabilities:cpu_info:topology:wings': '2'}, 'has no capabilities:cpu_info:topology:wings'),
    ({'capabilities:host:deeper': 'x'}, 'has no capabilities:host:deeper'),
])
def test_what_it_lacks_is_told(extra_specs, text):
    assert result(extra_specs).text == text


def test_other_scopes_and_unknown_unscoped_keys_are_not_meant_for_it():
    assert not compute_capabilities_filter.ComputeCapabilitiesFilter(
        states.spec(extra_specs={'hw:cpu_policy': 'dedicated'})).applies
    assert result({'os_wings': '2'}) is filters.PASS


def test_methods_and_secrets_of_the_state_are_no_capabilities():
    assert result({'capabilities:consumed': '<in> bound'}).text == 'has no capabilities:consumed'


def test_all_requirements_must_be_met():
    assert result({'capabilities:hypervisor_type': 'QEMU', 'capabilities:rack': 'r1'}).wanted == 'capabilities:rack r1'
