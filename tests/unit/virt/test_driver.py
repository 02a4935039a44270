# SPDX-License-Identifier: Apache-2.0
"""Loading a driver, and what the contract itself promises."""
import inspect

import pytest

from mininova import exception
from mininova.virt import driver, event, fake, virtapi
from mininova.virt.libvirt.driver import LibvirtDriver


@pytest.mark.parametrize('name', ['fake', 'fake.FakeDriver', 'nova.virt.fake.FakeDriver'])
def test_drivers_are_found_under_our_name_and_novas(conf, name):
    assert type(driver.load_compute_driver(virtapi.VirtAPI(), name)) is fake.FakeDriver


def test_the_configured_driver_is_loaded(conf):
    conf.config(compute_driver='fake')
    assert type(driver.load_compute_driver(virtapi.VirtAPI())) is fake.FakeDriver


def test_libvirt_is_the_default(conf):
    assert driver.entry_point_name(driver.CONF.compute_driver) == 'libvirt'


def test_an_unknown_driver_is_named(conf):
    with pytest.raises(driver.DriverUnavailable, match='vmwareapi.VMwareVCDriver'):
        driver.load_compute_driver(virtapi.VirtAPI(), 'vmwareapi.VMwareVCDriver')


def test_no_driver_at_all_is_an_error(conf):
    conf.config(compute_driver='')
    with pytest.raises(driver.DriverUnavailable, match='compute_driver'):
        driver.load_compute_driver(virtapi.VirtAPI())


def public_methods():
    return [(name, method) for name, method in inspect.getmembers(driver.ComputeDriver, inspect.isfunction)
            if not name.startswith('_')]


def test_every_method_says_what_it_does():
    assert len(public_methods()) >= 55
    for name, method in public_methods():
        assert inspect.getdoc(method), name


def test_drivers_keep_the_signatures():
    """Whoever calls by keyword must reach every driver."""
    for kind in (fake.FakeDriver, LibvirtDriver):
        for name, method in public_methods():
            theirs = inspect.signature(getattr(kind, name)).parameters
            assert list(theirs) == list(inspect.signature(method).parameters), (kind.__name__, name)


def test_what_is_missing_raises_one_error():
    bare = driver.ComputeDriver(virtapi.VirtAPI())
    with pytest.raises(driver.MethodNotSupported) as caught:
        bare.spawn(None, None, None, None, None, None)
    assert isinstance(caught.value, exception.NotSupported)
    assert isinstance(caught.value, NotImplementedError)
    assert (caught.value.code, caught.value.safe) == (501, True)
    assert str(caught.value) == 'The ComputeDriver driver does not support spawn.'


def test_capabilities_are_not_shared_between_drivers():
    assert fake.FakeDriver.capabilities is not driver.ComputeDriver.capabilities
    assert set(fake.FakeDriver.capabilities) == set(driver.ComputeDriver.capabilities)


def test_events_reach_the_listener_and_its_failure_goes_nowhere():
    bare = driver.ComputeDriver(virtapi.VirtAPI())
    bare.emit_event(event.LifecycleEvent.now('uuid', event.EVENT_LIFECYCLE_STARTED))
    heard = []
    bare.register_event_listener(heard.append)
    bare.emit_event(event.LifecycleEvent.now('uuid', event.EVENT_LIFECYCLE_STOPPED))
    (one,) = heard
    assert (one.get_instance_uuid(), one.get_name(), one.get_transition()) == ('uuid', 'Stopped', 1)
    bare.register_event_listener(lambda one: 1 / 0)
    bare.emit_event(heard[0])
