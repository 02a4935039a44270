# SPDX-License-Identifier: Apache-2.0
"""ImagePropertiesFilter: architecture, hypervisor, mode and version."""
import pytest

from mininova.scheduler import filters
from mininova.scheduler.filters import image_props_filter
from tests.unit.scheduler import states

KINDS = [['x86_64', 'qemu', 'hvm'], ['aarch64', 'kvm', 'hvm']]


def result(properties, **host):
    host.setdefault('supported_instances', KINDS)
    tester = image_props_filter.ImagePropertiesFilter(states.spec(properties=properties))
    return tester.host_passes(states.state(**host))


@pytest.mark.parametrize('properties', [
    {'hw_architecture': 'x86_64'}, {'architecture': 'amd64'}, {'img_hv_type': 'QEMU'}, {'hypervisor_type': 'kvm'},
    {'hw_vm_mode': 'hvm'}, {'vm_mode': 'hv'}, {'hw_architecture': 'arm64', 'img_hv_type': 'kvm'},
    {'img_hv_requested_version': '>=7.0,<8'}, {'hypervisor_version_requires': '==7.2.0'},
])
def test_what_the_host_can_run_passes(properties):
    assert result(properties) is filters.PASS


@pytest.mark.parametrize(('properties', 'text'), [
    ({'hw_architecture': 'ppc64'}, 'runs x86_64/qemu/hvm, aarch64/kvm/hvm, image wants ppc64'),
    ({'hw_architecture': 'x86_64', 'img_hv_type': 'kvm'},
     'runs x86_64/qemu/hvm, aarch64/kvm/hvm, image wants x86_64 kvm'),
    ({'hw_vm_mode': 'pv'}, 'runs x86_64/qemu/hvm, aarch64/kvm/hvm, image wants xen'),
    ({'img_hv_requested_version': '>=8.0'}, 'has hypervisor version 7.2.0, image wants >=8.0'),
    ({'img_hv_requested_version': 'new'}, 'has hypervisor version 7.2.0, image wants new'),
])
def test_what_it_cannot_is_told(properties, text):
    assert result(properties).text == text


def test_properties_of_old_images_give_way_to_present_names():
    assert result({'hw_architecture': 'x86_64', 'architecture': 'ppc64'}) is filters.PASS


def test_a_host_that_names_nothing_runs_nothing():
    assert result({'hw_architecture': 'x86_64'}, supported_instances=None).text == (
        'runs nothing, image wants x86_64')


def test_a_host_without_a_version_is_not_asked_for_one():
    assert result({'img_hv_requested_version': '>=8.0'}, hypervisor_version=None) is filters.PASS


def test_an_image_that_asks_for_nothing_goes_anywhere():
    assert not image_props_filter.ImagePropertiesFilter(states.spec()).applies
    assert not image_props_filter.ImagePropertiesFilter(states.spec(image=False)).applies


def test_the_default_architecture_is_for_images_that_name_none(conf):
    conf.config(group='filter_scheduler', image_properties_default_architecture='ppc64')
    assert result({}).wanted == 'ppc64'
    assert result({'hw_architecture': 'x86_64'}) is filters.PASS
