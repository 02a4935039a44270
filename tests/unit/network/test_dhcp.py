# SPDX-License-Identifier: Apache-2.0
"""What dnsmasq is told: the host list that no name can break, the command line, leases."""
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mininova.network import dhcp

NETWORK = {'uuid': 'u1', 'label': 'private', 'cidr': '10.0.0.0/24', 'bridge': 'br100', 'mtu': 1400, 'dns1': None,
           'dns2': None, 'dhcp_domain': None, 'bridge_interface': None, 'enable_dhcp': True}
LINE = re.compile(r'(?:[0-9a-f]{2}:){5}[0-9a-f]{2},([a-z0-9-]{1,63}),(\d+\.\d+\.\d+\.\d+)')


def card(name, number):
    return {'mac': f'fa:16:3e:00:{number // 256:02x}:{number % 256:02x}', 'hostname': name,
            'address': f'10.0.{number // 256}.{number % 256}', 'network': NETWORK}


@pytest.mark.parametrize('name, label', [
    ('web', 'web'), ('Web-1', 'web-1'), ('web.example.org', 'web'), ('a_b c', 'a-b-c'), ('-x-', 'x'),
    ('', 'host-10-0-0-3'), (None, 'host-10-0-0-3'), ('...', 'host-10-0-0-3'), ('x' * 70, 'x' * 63),
    ('ü', 'host-10-0-0-3'), ('a\nfa:16:3e:00:00:01,b,10.0.0.9', 'a-fa-16-3e-00-00-01-b-10')])
def test_a_name_becomes_a_label(name, label):
    assert dhcp.sanitise(name, '10.0.0.3') == label


@given(st.lists(st.none() | st.text(max_size=80) | st.sampled_from(['web', 'web-10-0-0-4', 'Web', 'host-10-0-0-4']),
                max_size=30))
def test_every_line_of_the_host_list_is_mac_name_address(names):
    cards = [card(name, number + 2) for number, name in enumerate(names)]
    lines = dhcp.hosts_lines(list(reversed(cards)))
    matches = [LINE.fullmatch(line) for line in lines]
    assert all(matches) and len(lines) == len(cards)
    assert [match.group(2) for match in matches] == [entry['address'] for entry in cards]
    labels = [match.group(1) for match in matches]
    assert len(set(labels)) == len(labels)
    assert not any(label.startswith('-') or label.endswith('-') for label in labels)


def test_the_first_of_equal_names_keeps_it():
    assert [line.split(',')[1] for line in dhcp.hosts_lines([card('web', 9), card('web', 3), card('web', 300)])] == [
        'web', 'web-10-0-0-9', 'web-10-0-1-44']


def test_the_server_answers_known_guests_with_all_they_need(conf):
    arguments = dhcp.command(NETWORK, '10.0.0.2')
    assert arguments[0] == 'dnsmasq'
    for argument in ('--interface=br100', '--bind-interfaces', '--except-interface=lo', '--dhcp-option=3,10.0.0.2',
                     '--dhcp-option-force=26,1400', '--dhcp-ignore=tag:!known', '--domain=novalocal',
                     '--dhcp-authoritative', '--dhcp-range=10.0.0.0,static,255.255.255.0,86400s', '--conf-file=',
                     '--dhcp-lease-max=256',
                     '--dhcp-option=121,169.254.169.254/32,10.0.0.2,0.0.0.0/0,10.0.0.2'):
        assert argument in arguments
    assert not any(argument.startswith(('--dhcp-script', '--server', '--no-resolv')) for argument in arguments)


def test_options_change_the_command(conf):
    conf.config(dns_server=['192.0.2.1', '192.0.2.2'], dhcp_lease_time=600, dhcpbridge='/usr/bin/nova-dhcpbridge')
    conf.config(group='api', dhcp_domain='')
    arguments = dhcp.command({**NETWORK, 'bridge_interface': 'eth1', 'mtu': None}, '10.0.0.2')
    assert {'--no-resolv', '--server=192.0.2.1', '--server=192.0.2.2', '--dhcp-script=/usr/bin/nova-dhcpbridge',
            '--dhcp-range=10.0.0.0,static,255.255.255.0,600s', '--dhcp-option-force=26,1500'} <= set(arguments)
    assert '--dhcp-authoritative' not in arguments
    assert not any(argument.startswith('--domain') for argument in arguments)


def test_name_servers_of_a_network_make_dns_here_unnecessary(conf):
    arguments = dhcp.command({**NETWORK, 'dns1': '192.0.2.1', 'dns2': '192.0.2.2'}, '10.0.0.2')
    assert '--dhcp-option=6,192.0.2.1,192.0.2.2' in arguments and '--port=0' in arguments


def test_privileges_are_kept_only_where_the_files_could_not_be_read_without(conf, tmp_path):
    conf.config(networks_path=str(tmp_path / 'state' / 'networks'))
    (tmp_path / 'state').mkdir(exist_ok=True)
    tmp_path.chmod(0o700)
    assert '--user=root' in dhcp.command(NETWORK, '10.0.0.2')
    conf.config(networks_path='/usr/share')
    assert '--user=root' not in dhcp.command(NETWORK, '10.0.0.2')


@pytest.mark.parametrize('arguments', [['sh', '-c', 'id'], ['dnsmasq', '--dhcp-script=/tmp/x'],
                                       ['dnsmasq', '--conf-file=/tmp/x']])
def test_the_helper_starts_nothing_but_the_configured_dnsmasq(conf, monkeypatch, arguments):
    monkeypatch.setattr(dhcp.privsep.sys_admin_pctxt, 'client_mode', False)
    with pytest.raises(ValueError):
        dhcp._start(arguments, {})


def test_leases_are_read_and_what_is_no_lease_is_passed_over(conf):
    write_leases('100 FA:16:3e:00:00:03 10.0.0.3 web 01:fa:16:3e:00:00:03\nduid 00:01\n\n'
                 '0 fa:16:3e:00:00:04 10.0.0.4 * *\nbroken')
    assert dhcp.leases('br100') == [dhcp.Lease(100, 'fa:16:3e:00:00:03', '10.0.0.3', 'web'),
                                    dhcp.Lease(0, 'fa:16:3e:00:00:04', '10.0.0.4', '*')]
    assert dhcp.leases('br999') == []


def write_leases(text):
    dhcp._write(dhcp.files('br100').hosts, [])
    with open(dhcp.files('br100').leases, 'w') as file:
        file.write(text)


def test_a_lease_is_stale_when_its_address_is_anothers_or_nobodys(conf):
    write_leases('1 fa:16:3e:00:00:03 10.0.0.3 web *\n1 fa:16:3e:99:99:99 10.0.0.4 old *\n'
                 '1 fa:16:3e:00:00:05 10.0.0.5 gone *\n')
    cards = [card('web', 3), card('new', 4)]
    assert [lease.address for lease in dhcp.stale_leases('br100', cards)] == ['10.0.0.4', '10.0.0.5']
    dhcp._prune_leases('br100', cards)
    assert [lease.address for lease in dhcp.leases('br100')] == ['10.0.0.3']


def test_the_host_list_is_replaced_in_one_step_and_only_if_it_changed(conf):
    paths = dhcp.files('br100')
    assert dhcp._write(paths.hosts, ['a']) and not dhcp._write(paths.hosts, ['a']) and dhcp._write(paths.hosts, ['b'])
    assert dhcp.read_hosts('br100') == ['b']
    assert dhcp.configured_bridges() == {'br100'}
    dhcp.stop('br100')
    assert dhcp.configured_bridges() == set() and dhcp.read_hosts('br100') == []


def test_a_process_that_is_not_our_dnsmasq_is_not_believed(conf):
    dhcp._write(dhcp.files('br100').hosts, [])
    for text in ('1', 'nonsense', '999999999'):
        with open(dhcp.files('br100').pid, 'w') as file:
            file.write(text)
        assert dhcp.running('br100') is None
