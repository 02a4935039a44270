# SPDX-License-Identifier: Apache-2.0
"""What of floating addresses is on a host's devices: the record, what fails, what is said to the neighbours."""
import json
import os

import pytest

from mininova import exception
from mininova.network import floating_ips
from mininova.network.floating_rules import FloatingIP

ONE = FloatingIP('192.0.2.1', '10.0.0.3', 'pub0')
TWO = FloatingIP('192.0.2.2', '10.0.0.4', 'pub0')


class Kernel:
    """Devices of a pretended host; ``did`` is what was done, in order."""

    def __init__(self, monkeypatch):
        self.bound, self.devices, self.did = set(), {'pub0', 'pub1'}, []
        self.broken = set()
        for name in ('bound_addresses', 'announce', 'forget_flows'):
            monkeypatch.setattr(floating_ips, name, getattr(self, name))
        monkeypatch.setattr(floating_ips.linux_net, 'run_batch', self.run_batch)
        monkeypatch.setattr(floating_ips.linux_net, 'exists', self.devices.__contains__)

    def bound_addresses(self):
        return set(self.bound)

    def announce(self, address, device):
        self.did.append(('announce', address, device))

    def forget_flows(self, address):
        self.did.append(('forget', address))

    def run_batch(self, commands):
        for command in commands:
            _address, verb, cidr, _dev, device = command.split()
            address = cidr.removesuffix('/32')
            if address in self.broken:
                raise exception.NetworkSetupFailed(network=command, reason='no')
            (self.bound.add if verb == 'add' else self.bound.remove)((address, device))
            self.did.append((verb, address, device))


@pytest.fixture
def kernel(monkeypatch, conf, tmp_path):
    conf.config(networks_path=str(tmp_path / 'networks'))
    return Kernel(monkeypatch)


def have(addresses, *served, check=False):
    wanted = {one.address: one for one in served}
    addresses.withdraw(wanted)
    addresses.serve(wanted, check)


def recorded():
    with open(floating_ips.record_path()) as file:
        return {entry[0] for entry in json.load(file)}


def test_an_address_comes_is_announced_and_goes(kernel):
    mine = floating_ips.PublicAddresses()
    have(mine, ONE)
    have(mine, ONE)
    assert kernel.did == [('add', '192.0.2.1', 'pub0'), ('announce', '192.0.2.1', 'pub0')]
    assert recorded() == {'192.0.2.1'}
    have(mine)
    assert kernel.did[2:] == [('del', '192.0.2.1', 'pub0'), ('forget', '192.0.2.1')]
    assert recorded() == set() and kernel.bound == set()


def test_a_host_that_never_had_any_is_not_looked_at(kernel, monkeypatch):
    monkeypatch.setattr(floating_ips, 'bound_addresses', lambda: pytest.fail('asked'))
    have(floating_ips.PublicAddresses(), check=True)
    assert not os.path.exists(floating_ips.record_path())


def test_who_comes_after_a_crash_takes_off_what_was_ours(kernel):
    have(floating_ips.PublicAddresses(), ONE, TWO)
    kernel.bound.add(('192.0.2.77', 'pub0'))
    heir = floating_ips.PublicAddresses()
    have(heir, TWO, check=True)
    assert kernel.bound == {('192.0.2.2', 'pub0'), ('192.0.2.77', 'pub0')}
    assert heir.facts() == {'bound': [['192.0.2.2', 'pub0'], ['192.0.2.77', 'pub0']], 'recorded': ['192.0.2.2']}


def test_a_record_that_cannot_be_read_stops_nothing(kernel):
    have(floating_ips.PublicAddresses(), ONE)
    for text in ('', '{', '[1]', '[["a"]]'):
        with open(floating_ips.record_path(), 'w') as file:
            file.write(text)
        have(floating_ips.PublicAddresses(), ONE, check=True)
        assert recorded() == {'192.0.2.1'}


def test_another_device_and_another_guest(kernel):
    mine = floating_ips.PublicAddresses()
    have(mine, ONE)
    have(mine, ONE._replace(interface='pub1'))
    assert kernel.bound == {('192.0.2.1', 'pub1')}
    kernel.did.clear()
    have(mine, ONE._replace(interface='pub1', fixed_address='10.0.0.9'))
    assert kernel.did == [('forget', '192.0.2.1')], 'open connections lead to the former guest'


def test_one_that_fails_does_not_hinder_the_others_and_is_tried_again(kernel, caplog):
    mine = floating_ips.PublicAddresses()
    kernel.broken.add('192.0.2.1')
    for _repeat in range(3):
        have(mine, ONE, TWO, check=True)
    assert kernel.bound == {('192.0.2.2', 'pub0')}
    assert caplog.text.count('cannot be had') == 1, 'said once'
    kernel.broken.clear()
    have(mine, ONE, TWO, check=True)
    assert len(kernel.bound) == 2


def test_an_address_that_somebody_else_took_off_is_no_error_but_one_that_stays_is(kernel):
    mine = floating_ips.PublicAddresses()
    have(mine, ONE)
    kernel.broken.add('192.0.2.1')
    with pytest.raises(exception.NetworkSetupFailed):
        have(mine)
    assert recorded() == {'192.0.2.1'}, 'so it is tried again'
    kernel.bound.clear()
    have(mine)
    assert recorded() == set()


def card(address, *floating, **values):
    return {'address': address, 'arriving': False, **values,
            'floating_ips': [{'address': one, 'interface': None} for one in floating]}


def test_what_a_host_must_have(conf):
    conf.config(public_interface='eth9')
    cards = [card('10.0.0.3', '192.0.2.1', '192.0.2.2'), card('10.0.0.4'), card('10.0.0.5', '192.0.2.3', arriving=True)]
    cards[0]['floating_ips'][1]['interface'] = 'eth1'
    assert floating_ips.wanted(cards) == {'192.0.2.1': FloatingIP('192.0.2.1', '10.0.0.3', 'eth9'),
                                          '192.0.2.2': FloatingIP('192.0.2.2', '10.0.0.3', 'eth1')}


def test_the_newest_news_of_an_address_count():
    found = floating_ips.wanted([card('10.0.0.3', '192.0.2.1'), card('10.0.0.4', '192.0.2.1')])
    assert found['192.0.2.1'].fixed_address == '10.0.0.4'


def test_an_announcement_is_a_question_and_an_answer_about_oneself():
    mac = bytes.fromhex('02aabbccddee')
    question, answer = floating_ips.announcement('192.0.2.1', mac)
    for frame, operation in ((question, 1), (answer, 2)):
        assert (len(frame), frame[:6], frame[6:12], frame[12:14]) == (42, b'\xff' * 6, mac, b'\x08\x06')
        assert frame[14:22] == bytes([0, 1, 8, 0, 6, 4, 0, operation])
        assert frame[22:28] == mac and frame[28:32] == frame[38:42] == bytes([192, 0, 2, 1])


def test_neighbours_are_told_as_often_as_is_wished(monkeypatch, conf):
    sent = []
    monkeypatch.setattr(floating_ips, '_send_frames', lambda *words: sent.append(words))
    floating_ips.announce('192.0.2.1', 'pub0')
    conf.config(send_arp_for_ha_count=0)
    floating_ips.announce('192.0.2.1', 'pub0')
    assert sent == [('192.0.2.1', 'pub0', 3)]


def test_a_device_that_is_down_and_a_missing_program_are_said(monkeypatch, caplog):
    def down(*_words):
        raise OSError('Network is down')

    def missing(_address):
        raise floating_ips.processutils.ProcessExecutionError(stderr='No such file: conntrack', exit_code=127)
    monkeypatch.setattr(floating_ips, '_send_frames', down)
    monkeypatch.setattr(floating_ips, '_delete_flows', missing)
    floating_ips.announce('192.0.2.1', 'pub0')
    floating_ips.forget_flows('192.0.2.1')
    assert 'Network is down' in caplog.text and 'conntrack' in caplog.text
