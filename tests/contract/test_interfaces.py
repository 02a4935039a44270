# SPDX-License-Identifier: Apache-2.0
"""Cards that are plugged into guests and out of them, on every driver."""
import re
import time

import pytest

from mininova import exception
from mininova.compute import power_state
from mininova.virt import driver
from tests.contract import samples


@pytest.fixture
def make(subject):
    """Return an instance that is destroyed at the end."""
    made = []

    def new(**fields):
        instance = samples.instance(**fields)
        samples.remember_image(instance, subject.image)
        made.append(instance)
        return instance
    yield new
    for instance in made:
        subject.driver.destroy(subject.context, instance, None)


@pytest.fixture
def first(subject):
    return samples.network_info(subject.bridge)


@pytest.fixture
def second(subject):
    return samples.network_info(subject.bridge, '10.66.0.6', 'fa:16:3e:00:00:06')


@pytest.fixture
def running(subject, make, first, eventually):
    """A guest with one card, far enough to hear that it shall let a card go."""
    instance = make()
    subject.driver.spawn(subject.context, instance, subject.image, [], None, None, first, None)
    if subject.name == 'libvirt':
        eventually(lambda: samples.BOOT_TEXT.strip() in subject.driver.get_console_output(subject.context, instance),
                   seconds=60)
    return instance


def macs(subject, instance):
    """Return the cards that a guest has, as the driver counts them."""
    found = subject.driver.get_instance_diagnostics(instance)['nic_details']
    return sorted(card['mac_address'] for card in found)


def attach(subject, instance, cards):
    subject.driver.attach_interface(subject.context, instance, subject.image, cards[0])


def detach(subject, instance, cards):
    subject.driver.detach_interface(subject.context, instance, cards[0])


def both(first, second):
    return sorted([first[0]['address'], second[0]['address']])


def test_the_driver_says_that_it_can(subject):
    assert subject.driver.capabilities['supports_attach_interface']
    assert subject.driver.capabilities['supports_tagged_attach_interface']


def test_a_running_guest_gets_a_card_and_lets_it_go(subject, running, first, second):
    attach(subject, running, second)
    assert macs(subject, running) == both(first, second)
    assert subject.driver.get_info(running).state == power_state.RUNNING
    detach(subject, running, second)
    assert macs(subject, running) == [first[0]['address']]


def test_where_cards_are_is_noted(subject, running, first, second):
    """A guest finds a card that has a tag by its place."""
    places = running.device_metadata['nics']
    assert set(places) == {first[0]['address']}
    attach(subject, running, second)
    places = running.device_metadata['nics']
    assert set(places) == {first[0]['address'], second[0]['address']}
    addresses = [address for bus, address in places.values() if bus == 'pci']
    assert len(set(addresses)) == 2 and all(re.fullmatch('0000:[0-9a-f]{2}:[0-9a-f]{2}[.][0-7]', address)
                                            for address in addresses)


def test_each_may_be_repeated(subject, running, first, second):
    attach(subject, running, second)
    attach(subject, running, second)
    assert macs(subject, running) == both(first, second)
    detach(subject, running, second)
    detach(subject, running, second)
    assert macs(subject, running) == [first[0]['address']]


def test_the_last_card_may_go(subject, running, first):
    detach(subject, running, first)
    assert macs(subject, running) == []


def test_a_guest_that_is_off_has_the_card_when_it_starts(subject, running, first, second):
    subject.driver.power_off(running)
    attach(subject, running, second)
    cards = [*first, *second]
    subject.driver.power_on(subject.context, running, type(first)(cards), None)
    assert macs(subject, running) == both(first, second)
    subject.driver.power_off(running)
    detach(subject, running, second)
    subject.driver.power_on(subject.context, running, first, None)
    assert macs(subject, running) == [first[0]['address']]


def test_a_card_that_came_while_it_ran_is_there_after_a_reboot(subject, running, first, second):
    attach(subject, running, second)
    subject.driver.reboot(subject.context, running, type(first)([*first, *second]), driver.REBOOT_HARD)
    assert macs(subject, running) == both(first, second)


def test_a_paused_guest_gets_a_card(subject, running, first, second):
    subject.driver.pause(running)
    attach(subject, running, second)
    subject.driver.unpause(running)
    assert macs(subject, running) == both(first, second)


def test_without_a_guest_nothing_is_plugged_and_nothing_is_in_the_way(subject, make, second):
    instance = make()
    with pytest.raises(exception.InstanceNotFound):
        attach(subject, instance, second)
    detach(subject, instance, second)
    subject.driver.update_interface(subject.context, instance, subject.image, second[0])


def test_a_guest_that_does_not_listen_keeps_its_card(subject, conf, running, first, second):
    if subject.name != 'libvirt':
        subject.driver.faults.add('detach_interface', 'fail')
        with pytest.raises(exception.NovaException):
            detach(subject, running, first)
        return
    conf.config(group='libvirt', device_detach_attempts=2, device_detach_timeout=1)
    subject.driver.pause(running)
    begin = time.monotonic()
    with pytest.raises(exception.InterfaceDetachFailed, match='2 times 1 s'):
        detach(subject, running, first)
    assert time.monotonic() - begin < 25
    assert macs(subject, running) == [first[0]['address']]
    subject.driver.unpause(running)
    detach(subject, running, first)
    assert macs(subject, running) == []
