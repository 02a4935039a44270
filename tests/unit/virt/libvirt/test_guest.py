# SPDX-License-Identifier: Apache-2.0
"""A domain whose packet rules collide with those that somebody else loads at the same moment."""
import pytest

from mininova.virt.libvirt import guest
from mininova.virt.libvirt.clib import libvirt

COLLISION = ('internal error: Failed to apply firewall rules /usr/sbin/ebtables --concurrent -t nat -A libvirt-J-tap1 '
             '-j DROP: ebtables v1.8.9 (nf_tables): RULE_DELETE failed (No such file or directory)')


class Domain:
    """Says what is wrong as often as it is told to, then does what it is asked."""

    def __init__(self, text, times):
        self.text, self.left, self.calls = text, times, []

    def UUIDString(self):
        return 'u1'

    def name(self):
        return 'instance-1'

    def isActive(self):
        return False

    def _answer(self, *args):
        self.calls.append(args)
        if len(self.calls) <= self.left:
            raise libvirt.libvirtError(self.text)

    createWithFlags = attachDeviceFlags = updateDeviceFlags = _answer


class Host:
    def call(self, function, *args):
        return function(*args)


@pytest.fixture
def domain(monkeypatch):
    """Function that gives a domain, and a guest that waits for nothing."""
    monkeypatch.setattr(guest.concurrency, 'sleep', lambda _seconds: None)

    def make(text, times):
        made = Domain(text, times)
        return made, guest.Guest(Host(), made)
    return make


@pytest.mark.parametrize('action', [lambda one: one.launch(), lambda one: one.attach_device('<interface/>', True),
                                    lambda one: one.update_device('<interface/>', True)])
def test_it_is_tried_again(domain, action):
    made, subject = domain(COLLISION, 4)
    action(subject)
    assert len(made.calls) == 5 and len(set(made.calls)) == 1


def test_not_for_ever(domain):
    made, subject = domain(COLLISION, 9)
    with pytest.raises(libvirt.libvirtError, match='Failed to apply'):
        subject.launch()
    assert len(made.calls) == 5


def test_what_fails_for_another_reason_fails_at_once(domain):
    made, subject = domain('internal error: no bridge', 1)
    with pytest.raises(libvirt.libvirtError, match='no bridge'):
        subject.launch()
    assert len(made.calls) == 1
