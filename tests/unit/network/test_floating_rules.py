# SPDX-License-Identifier: Apache-2.0
"""The chains of floating addresses as text; that they work is proven in tests/integration/namespaces."""
import ipaddress
import re

import hypothesis
from hypothesis import strategies as st

from mininova.network import firewall, floating_rules
from mininova.network.floating_rules import FloatingIP

HERE = firewall.Settings('127.0.0.1', 8775)
A = firewall.GuestNetwork('br100', '10.0.0.0/24', False, (
    FloatingIP('192.0.2.1', '10.0.0.3', 'pub0'), FloatingIP('192.0.2.2', '10.0.0.3', 'pub0'),
    FloatingIP('192.0.2.3', '10.0.0.4', 'pub1')))
B = firewall.GuestNetwork('br101', '10.1.0.0/24')


def test_without_floating_addresses_nothing_is_said_of_them():
    assert 'floating' not in firewall.render([B], HERE)
    assert floating_rules.chains([B], '127.0.0.1', 8775) == [] and floating_rules.accepted([B]) is None


def test_what_comes_goes_to_the_guest_and_what_leaves_has_the_first_address_of_its_device():
    text = firewall.render([A, B], HERE)
    assert text.count('dnat to ip daddr map { 192.0.2.1 : 10.0.0.3, 192.0.2.2 : 10.0.0.3, 192.0.2.3 : 10.0.0.4 }') == 2
    assert 'oifname "pub0" snat to ip saddr map { 10.0.0.3 : 192.0.2.1 }' in text
    assert 'oifname "pub1" snat to ip saddr map { 10.0.0.4 : 192.0.2.3 }' in text


def test_guests_of_other_networks_are_let_through_before_they_are_kept_out():
    lines = [line.strip() for line in firewall.render([A, B], HERE).splitlines()]
    accepted = 'ct status dnat ct original ip daddr { 192.0.2.1, 192.0.2.2, 192.0.2.3 } accept'
    for bridge, other in (('br100', 'br101'), ('br101', 'br100')):
        assert lines.index(f'iifname "{bridge}" {accepted}') < lines.index(
            f'iifname "{bridge}" oifname {{ "{other}" }} drop')
        assert lines.index(f'iifname "{bridge}" udp dport 4789 drop') < lines.index(f'iifname "{bridge}" {accepted}')


def test_a_metadata_service_elsewhere_sees_the_guest_itself():
    text = firewall.render([A], firewall.Settings('198.51.100.9', 80))
    chain = text[text.index('chain floating_out'):]
    assert chain.index('ip daddr 198.51.100.9 tcp dport 80 accept') < chain.index('snat')
    assert 'accept;\n\t\tip daddr' not in firewall.render([A], HERE)


ADDRESSES = st.ip_addresses(v=4, network='203.0.113.0/24').map(str)
FIXED = st.ip_addresses(v=4, network='10.0.0.0/24').map(str)


@hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
@hypothesis.given(st.dictionaries(ADDRESSES, st.tuples(FIXED, st.sampled_from(['pub0', 'pub1'])), min_size=1))
def test_each_address_is_translated_once_each_way_whatever_leads_where(served):
    floating = tuple(sorted(FloatingIP(address, fixed, device) for address, (fixed, device) in served.items()))
    chains = {name: rules for name, _kind, _hook, _priority, rules in floating_rules.chains(
        [A._replace(floating_ips=floating)], '127.0.0.1', 8775)}
    inside, = chains['floating_in']
    pairs = re.findall(r'([\d.]+) : ([\d.]+)', inside)
    assert dict(pairs) == {address: fixed for address, (fixed, _device) in served.items()} and len(pairs) == len(served)
    for rule in chains['floating_out']:
        sources = re.findall(r'([\d.]+) : ([\d.]+)', rule)
        assert len(sources) == len(dict(sources)), 'a map has a key once'
        for fixed, address in sources:
            assert served[address][0] == fixed
            device = re.match(r'oifname "(\w+)"', rule)
            assert not device or served[address][1] == device[1]
    left = {(fixed, device) for fixed, device in served.values()}
    assert left == {(fixed, re.match(r'oifname "(\w+)"', rule)[1]) for rule in chains['floating_out']
                    if rule.startswith('oifname') for fixed, _address in re.findall(r'([\d.]+) : ([\d.]+)', rule)}
    assert all(ipaddress.ip_address(address) for address, _fixed in pairs)
