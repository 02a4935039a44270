# SPDX-License-Identifier: Apache-2.0
"""nova-manage fixed: what an administrator types and sees."""
import argparse

import pytest

from mininova import exception, objects
from mininova.cmd import manage_fixed
from mininova.db import models, session


@pytest.fixture
def manage(database, capsys):
    """Function that runs an action and returns what it printed."""
    parser = argparse.ArgumentParser()
    manage_fixed.add_arguments(parser)

    def run(*words):
        arguments = parser.parse_args(words)
        arguments.function(arguments)
        return capsys.readouterr().out
    return run


def rows(text):
    return {cells[1]: cells[2:] for cells in ([cell.strip() for cell in line.strip('|').split('|')]
                                              for line in text.splitlines() if line.startswith('| 10.'))}


def test_every_address_is_shown_with_its_owner(manage, context, make_network, make_instance):
    make_network('10.0.0.0/29')
    instance_uuid = make_instance(host='h1')
    objects.VirtualInterfaceList.allocate(context, instance_uuid, context.project_id, 'h1', None)
    manage('reserve', '--address', '10.0.0.6')
    assert rows(manage('list')) == {
        '10.0.0.1': ['None', 'None', 'reserved'], '10.0.0.2': ['None', 'h1', 'gateway'],
        '10.0.0.3': [instance_uuid, 'h1', 'allocated'], '10.0.0.4': ['None', 'None', 'free'],
        '10.0.0.5': ['None', 'None', 'free'], '10.0.0.6': ['None', 'None', 'reserved']}
    with session.writer() as connection:
        connection.execute(models.services.insert().values(host='h1', binary='nova-network'))
    assert set(rows(manage('list', '--host', 'h1'))) == {'10.0.0.2', '10.0.0.3'}
    with pytest.raises(exception.HostNotFound):
        manage('list', '--host', 'h9')


def test_a_reserved_address_is_given_to_nobody_until_it_is_let_go(manage, admin, make_network):
    network = make_network('10.0.0.0/29')
    manage('reserve', '--address', '10.0.0.2')
    assert objects.NetworkList.count_free(admin, [network.id]) == [4]
    assert '10.0.0.2 is free' in manage('unreserve', '--address', '10.0.0.2')
    assert objects.NetworkList.count_free(admin, [network.id]) == [5]
    with pytest.raises(exception.FixedIpNotFoundForAddress):
        manage('reserve', '--address', '10.9.9.9')


def test_an_address_that_somebody_has_is_not_reserved(manage, context, make_network, make_instance):
    make_network()
    objects.VirtualInterfaceList.allocate(context, make_instance(host='h1'), context.project_id, 'h1', None)
    with pytest.raises(exception.FixedIpAlreadyInUse):
        manage('reserve', '--address', '10.0.0.3')
