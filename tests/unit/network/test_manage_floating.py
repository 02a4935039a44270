# SPDX-License-Identifier: Apache-2.0
"""nova-manage floating and what nova-manage verify says of floating addresses."""
import argparse
import ipaddress

import hypothesis
import pytest
import sqlalchemy as sa
from hypothesis import strategies as st

from mininova import exception, objects
from mininova.cmd import manage_floating, manage_verify
from mininova.db import models, session

PROJECT = 'a' * 32
FIXED, FLOATING = models.fixed_ips, models.floating_ips


@pytest.fixture
def manage(database, capsys):
    """Function that runs an action and returns what it printed."""
    parser = argparse.ArgumentParser()
    manage_floating.add_arguments(parser)

    def run(*words):
        arguments = parser.parse_args(words)
        arguments.function(arguments)
        return capsys.readouterr().out
    return run


def execute(statement):
    with session.writer() as connection:
        connection.execute(statement)


@pytest.fixture
def server(admin, context, make_network, make_instance):
    """A server with 10.0.0.3 on h1, which is up."""
    make_network()
    uuid = make_instance(host='h1', network_info=[])
    objects.Service.register(admin, 'h1', 'nova-compute', 'compute')
    objects.VirtualInterfaceList.allocate(context, uuid, PROJECT, 'h1', None)
    return uuid


@pytest.fixture
def associated(server, manage, context):
    """The same with 192.0.2.1 leading to it."""
    manage('create', '192.0.2.1')
    floating = objects.FloatingIP.allocate(context, 'nova', -1)
    objects.FloatingIP.associate(context, floating.address, '10.0.0.3', server)
    instance = objects.Instance.get_by_uuid(context, server)
    wiring = objects.VirtualInterfaceList.get_wiring(context, server)
    instance.network_info = manage_floating.ipam.network_info(wiring).plain()
    instance.save()
    return server


def listed(admin):
    return {row.address: (row.pool, row.interface) for row in objects.FloatingIPList.get_all(admin)}


def test_an_operator_fills_shows_and_empties_pools(manage, conf, admin):
    conf.config(default_floating_pool='public')
    assert manage('list') == 'No floating IP addresses have been defined.\n'
    assert manage('create', '--ip_range', '192.0.2.0/29') == 'Added 6 addresses to pool public\n'
    manage('create', '198.51.100.7', '--pool', 'other', '--interface', 'eth7')
    assert listed(admin) == {'198.51.100.7': ('other', 'eth7'), **{
        f'192.0.2.{number}': ('public', None) for number in range(1, 7)}}
    table = manage('list')
    assert table.count('192.0.2.') == 6 and 'eth7' in table and 'public_interface' in table
    assert manage('delete', '198.51.100.7') == 'Removed 1 addresses\n'
    assert manage('delete', '--ip-range', '192.0.2.0/28') == 'Removed 6 addresses\n'
    assert listed(admin) == {}


def test_a_table_shows_where_addresses_lead(manage, associated):
    for words in ((), ('--host', 'h1')):
        line, = [line for line in manage('list', *words).splitlines() if '192.0.2.1' in line]
        for word in (PROJECT, associated, '10.0.0.3', 'h1', 'nova'):
            assert word in line
    assert '192.0.2.1' not in manage('list', '--host', 'h2')


def test_what_leads_to_a_server_is_not_removed_nor_its_neighbours(manage, associated, admin):
    manage('create', '192.0.2.2')
    with pytest.raises(exception.FloatingIpAssociated):
        manage('delete', '192.0.2.0/29')
    assert len(listed(admin)) == 2


@pytest.mark.parametrize('words, text', [
    ([], 'ip_range'), (['10.0.0.0/8'], '/16'), (['x'], 'ip_range'), (['192.0.2.1/24'], 'host bits'),
    (['2001:db8::/64'], 'ip_range'), (['192.0.2.1', '--interface', 'x y'], 'device name'),
    (['192.0.2.1', '--interface=-x'], 'device name'), (['192.0.2.1', '--pool', 'a\n'], 'pool'),
    (['192.0.2.1', '--pool', 'x' * 256], 'pool')])
def test_what_cannot_be_created_is_said(manage, admin, words, text):
    with pytest.raises(exception.InvalidInput, match=text):
        manage('create', *words)
    assert listed(admin) == {}


def test_addresses_are_created_all_or_none(manage, admin):
    manage('create', '192.0.2.9')
    with pytest.raises(exception.FloatingIpExists, match='192.0.2.9'):
        manage('create', '192.0.2.0/24')
    assert list(listed(admin)) == ['192.0.2.9']


@hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
@hypothesis.given(st.text(max_size=30) | st.ip_addresses(v=4).map(str) | st.tuples(
    st.ip_addresses(v=4).map(str), st.integers(-1, 40)).map(lambda pair: f'{pair[0]}/{pair[1]}'))
def test_whatever_is_given_as_a_range_gives_addresses_or_a_sentence(text):
    try:
        found = manage_floating.addresses_of(text)
    except exception.InvalidInput as error:
        assert error.code == 400
        return
    network = ipaddress.IPv4Network(text)
    assert 1 <= len(found) == len(set(found)) <= 2 ** 16
    assert all(ipaddress.IPv4Address(address) in network for address in found)


# -- verify ---------------------------------------------------------------------------------


def findings():
    return [line for line in manage_verify.find(ask_hosts=False, stuck_after=3600)
            if 'floating' in line or 'lead' in line]


def test_nothing_is_found_when_all_agrees(associated):
    assert findings() == []


@pytest.mark.parametrize('statement, text', [
    (sa.update(models.instances).values(network_info=[]), 'shows the floating addresses [], it has'),
    (sa.update(FLOATING).values(project_id=None), "nobody's"),
    (sa.update(FLOATING).values(fixed_ip_id=99999), 'an address that is gone'),
    (sa.update(FIXED).where(FIXED.c.address == '10.0.0.3').values(instance_uuid=None), '10.0.0.3, which no server has'),
    (sa.update(models.instances).values(deleted=1), '192.0.2.1 still lead to instance')])
def test_addresses_that_point_at_nothing_are_found(associated, statement, text):
    execute(statement)
    assert any(text in finding for finding in findings())
