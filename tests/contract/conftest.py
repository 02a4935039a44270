# SPDX-License-Identifier: Apache-2.0
"""The drivers under test: each contract test runs on the fake one and on a real libvirtd.

Which libvirtd: that of MININOVA_TEST_LIBVIRT_URI if set (bridge and instances directory as in the environment), else a
private one if this user is root, else qemu:///system.
"""
import os
import shutil
import time
import types

import pytest

from mininova import concurrency, context, crashpoint
from mininova.virt import driver as virt_driver
from mininova.virt import fake_host, images
from tests.contract import libvirtd_process
from tests.contract.samples import Images, Manager, write_boot_image


class _SystemLibvirtd:
    """A libvirtd that somebody else runs."""

    def __init__(self, uri, directory):
        self.uri = uri
        self.bridge = os.environ.get('MININOVA_TEST_BRIDGE', 'virbr0')
        self.instances_path = directory

    def stop(self):
        shutil.rmtree(self.instances_path, ignore_errors=True)


@pytest.fixture(scope='session')
def libvirtd(tmp_path_factory):
    """A libvirtd for all tests of the run."""
    uri = os.environ.get('MININOVA_TEST_LIBVIRT_URI')
    missing = libvirtd_process.missing()
    if uri or missing == libvirtd_process.NEEDS_ROOT:
        daemon = _SystemLibvirtd(uri or 'qemu:///system', str(tmp_path_factory.mktemp('instances')))
    elif missing:
        pytest.fail(f'libvirt cannot be tested here: {missing}')
    else:
        daemon = libvirtd_process.PrivateLibvirtd()
    yield daemon
    daemon.stop()


@pytest.fixture
def image_service(monkeypatch):
    """The images that drivers can download."""
    service = Images()
    monkeypatch.setattr(images.image_api, 'API', service.API)
    return service


@pytest.fixture
def boot_image(image_service, tmp_path):
    """An image that boots without an operating system."""
    return image_service.add('image', write_boot_image(tmp_path / 'boot.img'))


@pytest.fixture
def libvirt_conf(conf, libvirtd):
    """Options for the libvirtd under test; disks of a test are removed with it.

    Without network filters, which take most of a start's time and have tests of their own.
    """
    conf.config(instances_path=libvirtd.instances_path, compute_driver='libvirt')
    conf.config(group='libvirt', connection_uri=libvirtd.uri, virt_type='qemu', wait_soft_reboot_seconds=1,
                reconnect_interval=1, use_nwfilter=False)
    yield conf
    for name in os.listdir(libvirtd.instances_path):
        shutil.rmtree(os.path.join(libvirtd.instances_path, name), ignore_errors=True)


@pytest.fixture(params=['fake', pytest.param('libvirt', marks=pytest.mark.needs('libvirt'))])
def subject(request, conf, boot_image):
    """The driver under test with what belongs to it: driver, manager, events, name, bridge."""
    found = types.SimpleNamespace(name=request.param, manager=Manager(), events=[], image=boot_image, bridge='br0')
    found.context = context.get_admin_context()
    if request.param == 'libvirt':
        request.getfixturevalue('libvirt_conf')
        found.bridge = request.getfixturevalue('libvirtd').bridge
    else:
        conf.config(compute_driver='fake')
        fake_host.clear()
    found.driver = virt_driver.load_compute_driver(found.manager)
    found.driver.register_event_listener(found.events.append)
    found.driver.init_host('contract')
    yield found
    found.driver.cleanup_host('contract')
    fake_host.clear()


class Killed(BaseException):
    """The process died here: nothing that handles errors may run."""


@pytest.fixture
def die_at():
    """Let the process "die" at a crash point: ``die_at(name)``, then ``with pytest.raises(die_at.error)``."""
    def plan(name):
        def observe(reached):
            if reached == name:
                crashpoint.observers.clear()
                raise Killed(name)
        crashpoint.observers[:] = [observe]
    plan.error = Killed
    yield plan
    crashpoint.observers.clear()


@pytest.fixture
def eventually():
    """Wait for a condition: ``eventually(lambda: ...)`` returns its first true value."""
    def wait(condition, seconds=10):
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            assert time.monotonic() < deadline, f'not true after {seconds} s'
            concurrency.sleep(0.05)
    return wait
