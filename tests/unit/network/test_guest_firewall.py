# SPDX-License-Identifier: Apache-2.0
"""The text of the rules of security groups, and what a packet would meet in it."""
import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oslo_concurrency import processutils

from mininova import exception
from mininova.network import firewall, guest_firewall
from mininova.network.guest_firewall import Model, Network, Port

TCP = {'protocol': 'tcp', 'from_port': 22, 'to_port': 22, 'cidr': '0.0.0.0/0', 'group_id': None}


def rule(**changes):
    return {**TCP, **changes}


def lines(members=None, **changes):
    return guest_firewall.rule_lines(rule(**changes), members or {})


@pytest.mark.parametrize(('changes', 'text'), [
    ({}, 'ether type ip tcp dport 22 accept'),
    ({'to_port': 25}, 'ether type ip tcp dport 22-25 accept'),
    ({'protocol': 'udp', 'cidr': '10.1.0.0/16'}, 'ip saddr 10.1.0.0/16 udp dport 22 accept'),
    ({'cidr': '192.0.2.1/32'}, 'ip saddr 192.0.2.1/32 tcp dport 22 accept'),
    ({'cidr': '::/0'}, 'ether type ip6 tcp dport 22 accept'),
    ({'cidr': '2001:db8::/32'}, 'ip6 saddr 2001:db8::/32 tcp dport 22 accept'),
    ({'protocol': 'tcp', 'from_port': None, 'to_port': None}, 'ether type ip meta l4proto tcp accept'),
    ({'protocol': 'icmp', 'from_port': -1, 'to_port': -1}, 'ether type ip meta l4proto icmp accept'),
    ({'protocol': 'icmp', 'from_port': None, 'to_port': None}, 'ether type ip meta l4proto icmp accept'),
    ({'protocol': 'icmp', 'from_port': 8, 'to_port': -1}, 'ether type ip icmp type 8 accept'),
    ({'protocol': 'icmp', 'from_port': 3, 'to_port': 4}, 'ether type ip icmp type 3 icmp code 4 accept'),
    ({'protocol': 'icmp', 'from_port': 128, 'to_port': 0, 'cidr': '::/0'},
     'ether type ip6 icmpv6 type 128 icmpv6 code 0 accept'),
    ({'protocol': 'icmp', 'from_port': -1, 'to_port': -1, 'cidr': '::/0'},
     'ether type ip6 meta l4proto ipv6-icmp accept'),
    ({'protocol': None, 'from_port': None, 'to_port': None, 'cidr': '10.0.0.0/8'}, 'ip saddr 10.0.0.0/8 accept')])
def test_a_rule_for_a_network_is_one_line(changes, text):
    assert lines(**changes) == [text]


def test_a_rule_for_a_group_is_a_line_for_each_family_that_its_members_have():
    changes = {'cidr': None, 'group_id': 7}
    assert lines({7: ['10.0.0.3', '10.0.0.4']}, **changes) == ['ip saddr @members_7_4 tcp dport 22 accept']
    assert lines({7: ['10.0.0.3', 'fd00::3']}, protocol='icmp', from_port=-1, to_port=-1, cidr=None, group_id=7) == [
        'ip saddr @members_7_4 meta l4proto icmp accept', 'ip6 saddr @members_7_6 meta l4proto ipv6-icmp accept']
    assert lines({7: []}, **changes) == lines({}, **changes) == []


def network(*ports, bridge='br100', cidr='10.0.0.0/24'):
    return Network(bridge, cidr, '10.0.0.2', tuple(ports))


def chain(text, name):
    """Return the lines of a chain of the bridge's table."""
    table = text[text.index(f'table bridge {guest_firewall.NAME} {{\n'):]
    found, = re.findall(rf'\tchain {re.escape(name)} \{{\n(.*?)\t\}}\n', table, re.DOTALL)
    return [line.strip() for line in found.splitlines()]


def test_everything_is_replaced_at_once():
    text = guest_firewall.render([network()], guest_firewall.EMPTY)
    assert text.startswith(guest_firewall.remove_text())
    assert [line for line in text.splitlines() if re.match('(delete )?table', line)] == [
        'table inet nova_groups { }', 'delete table inet nova_groups', 'table bridge nova_groups { }',
        'delete table bridge nova_groups', 'table inet nova_groups {', 'table bridge nova_groups {']


def test_a_guest_without_groups_gets_what_every_guest_needs_and_nothing_else():
    text = guest_firewall.render([network(Port('tap01234567-89'))], guest_firewall.EMPTY)
    assert chain(text, 'postrouting')[1:] == [
        'oifname vmap { "tap01234567-89" : jump port_tap01234567_89 }',
        'oifname "tap*" ip daddr { 10.0.0.0/24 } drop']
    assert chain(text, 'port_tap01234567_89') == [
        'jump always', 'ip saddr 10.0.0.2 udp sport 67 udp dport 68 accept', 'drop']
    assert [line.partition(' accept')[0] for line in chain(text, 'always')] == [
        'ether type arp', 'meta mark & 0x08000000 == 0x08000000',
        'ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }']


def test_a_host_without_guests_still_guards_its_networks():
    text = guest_firewall.render([network(), network(bridge='br101', cidr='10.1.0.0/24')], guest_firewall.EMPTY)
    assert chain(text, 'postrouting')[1:] == ['oifname "tap*" ip daddr { 10.0.0.0/24, 10.1.0.0/24 } drop']


def test_nobody_else_sends_in_the_name_of_guests_unless_other_machines_share_the_bridge():
    text = guest_firewall.render([network(), network(bridge='br101', cidr='10.1.0.0/24')._replace(shared=True)],
                                 guest_firewall.EMPTY)
    assert re.findall(r'iifname .*', text) == ['iifname != { "lo", "br100" } ip saddr 10.0.0.0/24 drop']


def test_a_group_that_is_not_known_lets_nothing_in():
    model = Model({}, {7: [rule()]}, {})
    text = guest_firewall.render([network(Port('tapa', (7, 8)), Port('tapb', (8,)))], model)
    assert chain(text, 'port_tapa')[2:] == ['jump group_7', 'drop'] and chain(text, 'port_tapb')[2:] == ['drop']
    assert chain(text, 'group_7') == ['ether type ip tcp dport 22 accept'] and 'group_8' not in text


def test_groups_that_no_guest_here_has_are_left_out():
    model = Model({}, {7: [rule(cidr=None, group_id=9)], 8: [rule()]}, {9: ['10.0.0.9']})
    text = guest_firewall.render([network(Port('tapa', (8,)))], model)
    assert 'group_7' not in text and 'members_9' not in text and '10.0.0.9' not in text


# -- what packets meet, by a reader of the text ------------------------------------------

ADDRESSES = ['10.0.0.3', '10.0.0.4', '10.9.0.1', 'fd00::3', '2001:db8::9']
CIDRS = ['0.0.0.0/0', '::/0', '10.0.0.0/24', '10.0.0.4/32', 'fd00::/64', '2001:db8::/32']
PORTS = st.sampled_from([1, 22, 80, 81, 65535])
PACKETS = st.tuples(st.sampled_from(ADDRESSES), st.sampled_from(['tcp', 'udp', 'icmp', 'sctp']), PORTS,
                    st.sampled_from([0, 1]))


@st.composite
def rules(draw):
    protocol = draw(st.sampled_from(['tcp', 'udp', 'icmp', None]))
    first, last = sorted([draw(PORTS), draw(PORTS)])
    if protocol == 'icmp':
        first, last = draw(st.sampled_from([-1, 1, 22])), draw(st.sampled_from([-1, 0, 1]))
    if protocol is None:
        first = last = None
    source = draw(st.sampled_from([None, 1, 2, 3]))
    return {'protocol': protocol, 'from_port': first, 'to_port': last, 'group_id': source,
            'cidr': None if source else draw(st.sampled_from(CIDRS))}


@st.composite
def models(draw):
    groups = {number: draw(st.lists(rules(), max_size=3)) for number in draw(st.sets(st.sampled_from([1, 2, 3])))}
    members = {number: draw(st.lists(st.sampled_from(ADDRESSES), max_size=3, unique=True)) for number in (1, 2)}
    return Model({}, groups, members)


def admits(rule_, members, packet):
    """Tell whether a rule lets a packet in, from the words of the API."""
    source, protocol, port, code = packet
    address = ipaddress.ip_address(source)
    if rule_['group_id'] is not None:
        if source not in members.get(rule_['group_id'], ()):
            return False
    elif address.version != ipaddress.ip_network(rule_['cidr']).version or (
            address not in ipaddress.ip_network(rule_['cidr'])):
        return False
    if rule_['protocol'] is None:
        return True
    if rule_['protocol'] != protocol:
        return False
    if protocol == 'icmp':
        return rule_['from_port'] == -1 or rule_['from_port'] == port and rule_['to_port'] in (-1, code)
    return rule_['from_port'] <= port <= rule_['to_port']


class Reader:
    """Walks through chains as the kernel does; knows the words that we write and stumbles over any other."""

    def __init__(self, text):
        self.text = text
        self.sets = {name: found.split(', ') for name, found in re.findall(
            r'\tset (\w+) \{\n\t\ttype ipv[46]_addr\n\t\telements = \{ (.*?) \}', text)}

    def accepts(self, device, packet):
        verdict = self._walk(f'port_{device}', packet)
        assert verdict in ('accept', 'drop'), 'every way ends'
        return verdict == 'accept'

    def _walk(self, name, packet):
        for line in chain(self.text, name):
            if line.startswith('jump '):
                verdict = self._walk(line.removeprefix('jump '), packet)
            else:
                verdict = line.split()[-1] if self._matches(line.rpartition(' ')[0], packet) else None
            if verdict:
                return verdict
        return None

    def _matches(self, text, packet):
        source, protocol, port, code = packet
        version = ipaddress.ip_address(source).version
        for words in re.findall(r'(?:ether type|ip6? saddr|meta l4proto|meta mark & \w+ ==|ip6 hoplimit|tcp dport|'
                                r'udp [sd]port|icmp(?:v6)? type|icmp(?:v6)? code) (?:\{.*?\}|\S+)', text):
            what, value = words.split(' ')[:-1], words.split(' ')[-1]
            key = ' '.join(what)
            text = text.replace(words, '', 1)
            if key.startswith(('meta mark', 'ip6 hoplimit')) or key in ('icmpv6 type nd', 'udp sport'):
                return False
            found = {
                'ether type': lambda value=value: value == {4: 'ip', 6: 'ip6'}[version],
                'ip saddr': lambda value=value: version == 4 and self._within(source, value),
                'ip6 saddr': lambda value=value: version == 6 and self._within(source, value),
                'meta l4proto': lambda value=value: value == ({4: 'icmp', 6: 'ipv6-icmp'}[version]
                                                              if protocol == 'icmp' else protocol),
                'tcp dport': lambda value=value: protocol == 'tcp' and self._between(port, value),
                'udp dport': lambda value=value: protocol == 'udp' and self._between(port, value),
                'icmp type': lambda value=value: protocol == 'icmp' and version == 4 and port == int(value),
                'icmp code': lambda value=value: code == int(value),
                'icmpv6 type': lambda value=value: protocol == 'icmp' and version == 6 and port == int(value),
                'icmpv6 code': lambda value=value: code == int(value)}[key]()
            if not found:
                return False
        assert not text.strip(), f'not understood: {text}'
        return True

    def _within(self, source, value):
        if value.startswith('@'):
            return source in self.sets[value[1:]]
        return ipaddress.ip_address(source) in ipaddress.ip_network(value)

    @staticmethod
    def _between(port, value):
        first, _dash, last = value.partition('-')
        return int(first) <= port <= int(last or first)


@given(models(), st.sets(st.sampled_from([1, 2, 3])), PACKETS)
def test_a_packet_passes_if_and_only_if_a_rule_of_a_group_of_the_guest_admits_it(model, groups, packet):
    text = guest_firewall.render([network(Port('tapa', tuple(groups)), Port('tapb'))], model)
    wanted = any(admits(one, model.members, packet) for number in groups for one in model.groups.get(number, ()))
    assert Reader(text).accepts('tapa', packet) == wanted
    assert not Reader(text).accepts('tapb', packet)


@given(models(), st.permutations([Port('tapa', (1,)), Port('tapb', (2, 3)), Port('tapc')]))
def test_the_order_of_ports_and_networks_does_not_matter(model, ports):
    networks = [network(*ports[:2]), network(ports[2], bridge='br101', cidr='10.1.0.0/24')]
    sorted_networks = [network(*sorted(ports[:2])), networks[1]]
    assert guest_firewall.render(networks[::-1], model) == guest_firewall.render(sorted_networks, model)


# -- the host ----------------------------------------------------------------------------


def test_a_model_is_read_once():
    answer = {'digest': 'd', 'model': {'instances': [['i', [7]]], 'groups': [[7, [rule()]]], 'members': [[9, []]]}}
    assert Model.read(answer) == Model({'i': [7]}, {7: [rule()]}, {9: []}, 'd')
    assert Model.read({'digest': 'd', 'model': None}) is None


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    """Say what nft and modprobe would do; collects what is loaded."""
    loaded = []
    monkeypatch.setattr(firewall, '_load', loaded.append)
    monkeypatch.setattr(firewall, '_list_table', lambda table: f'{table}: {loaded[-1]}' if loaded else '')
    monkeypatch.setattr(guest_firewall, 'BRIDGE_NETFILTER', str(tmp_path / 'bridge-nf-call-iptables'))
    return loaded


def test_nothing_is_loaded_where_the_kernel_does_not_show_bridged_packets(kernel, monkeypatch, tmp_path):
    def fail():
        raise processutils.ProcessExecutionError(stderr='modprobe: FATAL: Module br_netfilter not found.\n')
    monkeypatch.setattr(guest_firewall, '_load_module', fail)
    with pytest.raises(exception.NetworkSetupFailed, match='not found.*run as root: modprobe br_netfilter'):
        guest_firewall.GuestFirewall().apply([network()])
    monkeypatch.setattr(guest_firewall, '_load_module', lambda: None)
    with pytest.raises(exception.NetworkSetupFailed, match='a kernel with br_netfilter'):
        guest_firewall.GuestFirewall().apply([network()])
    assert kernel == []
    monkeypatch.setattr(guest_firewall, '_load_module', (tmp_path / 'bridge-nf-call-iptables').touch)
    guest_firewall.GuestFirewall().apply([network()])
    assert len(kernel) == 1


def test_a_host_without_networks_is_left_alone_and_the_last_one_takes_the_tables_with_it(kernel, tmp_path):
    (tmp_path / 'bridge-nf-call-iptables').touch()
    wall = guest_firewall.GuestFirewall()
    wall.apply([])
    assert kernel == []
    wall.apply([network()])
    wall.model = Model({}, {7: [rule()]}, {})
    wall.apply([network(Port('tapa', (7,)))])
    assert 'group_7' in kernel[-1]
    wall.apply([])
    assert kernel[-1] == guest_firewall.remove_text() and len(kernel) == 3
