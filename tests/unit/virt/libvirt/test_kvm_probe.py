# SPDX-License-Identifier: Apache-2.0
"""KVM is believed when a guest ran, not when a device is there."""
import os
import types

import pytest

from mininova.virt import driver
from mininova.virt.libvirt import driver as libvirt_driver
from mininova.virt.libvirt import kvm_probe
from mininova.virt.libvirt.config import caps


@pytest.fixture
def runs(monkeypatch, tmp_path, conf):
    """A host with a device; the probe's runs are counted and answer what ``runs.works`` says."""
    found = types.SimpleNamespace(works=True, count=0)

    def run(accelerator, binary=None):
        found.count += 1
        return kvm_probe.Result(found.works, 'because')
    (tmp_path / 'kvm').touch()
    monkeypatch.setattr(kvm_probe, 'DEVICE', str(tmp_path / 'kvm'))
    monkeypatch.setattr(kvm_probe, 'run', run)
    return found


@pytest.mark.needs('libvirt')
def test_the_probe_guest_goes_all_its_way_in_an_emulator(conf):
    assert kvm_probe.run('tcg').works


@pytest.mark.needs('libvirt')
def test_a_guest_that_hangs_is_ended(conf, monkeypatch):
    monkeypatch.setattr(kvm_probe, 'CODE', b'\xfa\xeb\xfe')  # cli; jump to itself
    monkeypatch.setattr(kvm_probe, 'TIME_LIMIT', 1)
    found = kvm_probe.run('tcg')
    assert not found.works and 'did not end' in found.reason


@pytest.mark.needs('libvirt')
def test_a_guest_that_goes_wrong_is_told_from_one_that_works(conf, monkeypatch):
    monkeypatch.setattr(kvm_probe, 'CODE', bytes.fromhex('b001e6f4f4'))  # write 1 to the exit port
    assert not kvm_probe.run('tcg').works


def test_no_emulator_is_no_kvm(conf):
    assert not kvm_probe.run('kvm', '/nonexistent/qemu').works


def test_the_answer_is_kept_until_the_host_changes(runs, tmp_path):
    assert kvm_probe.kvm_works('x86_64').works
    assert kvm_probe.kvm_works('x86_64').works
    assert runs.count == 1
    runs.works = False
    os.unlink(tmp_path / 'kvm')
    assert kvm_probe.kvm_works('x86_64').reason.startswith('there is no')
    (tmp_path / 'kvm').touch()
    assert not kvm_probe.kvm_works('x86_64').works
    assert runs.count == 2


def test_other_architectures_are_not_guessed(runs):
    assert not kvm_probe.kvm_works('aarch64').works
    assert runs.count == 0


# -- what the driver makes of it ----------------------------------------------------------------

def detect(conf, wanted, offered):
    conf.config(group='libvirt', virt_type=wanted)
    subject = types.SimpleNamespace()
    capabilities = caps.HostCaps(arch='x86_64', guests={'x86_64': {'qemu', 'kvm'} if offered else {'qemu'}})
    return libvirt_driver.LibvirtDriver._detect_virt_type(subject, capabilities)


@pytest.mark.parametrize('wanted, offered, works, expected', [
    ('auto', True, True, 'kvm'), ('auto', True, False, 'qemu'), ('auto', False, True, 'qemu'),
    ('qemu', True, True, 'qemu'), ('qemu', False, False, 'qemu'), ('kvm', True, True, 'kvm')])
def test_the_kind_of_guests(conf, runs, wanted, offered, works, expected):
    runs.works = works
    assert detect(conf, wanted, offered) == expected


@pytest.mark.parametrize('offered, works', [(True, False), (False, True), (False, False)])
def test_kvm_that_does_not_work_is_refused_at_start(conf, runs, offered, works):
    runs.works = works
    with pytest.raises(driver.DriverUnavailable, match='virt_type'):
        detect(conf, 'kvm', offered)


def test_emulation_without_kvm_in_sight_costs_no_probe(conf, runs):
    detect(conf, 'auto', False)
    assert runs.count == 0
