# SPDX-License-Identifier: Apache-2.0
"""By which names the guests of a network find each other."""
import re

from hypothesis import given
from hypothesis import strategies as st

from mininova import objects
from mininova.db import guest_names as names_db
from mininova.network import guest_names, host
from tests.unit.network import test_dhcp

LINE = re.compile(r'[0-9a-f.:]+ [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?')


def served(cards, **values):
    network = {**test_dhcp.NETWORK, 'id': 1, **values}
    made = host.Served(network, '10.0.0.2')
    made.cards = {card['address']: {**card, 'network': network} for card in cards}
    return made


def elsewhere(*guests):
    made = guest_names.Elsewhere()
    made.replace({'names': [[1, [list(guest) for guest in guests]]], 'digest': 'd'}, [])
    return made


@given(st.lists(st.none() | st.text(max_size=80) | st.sampled_from(['web', 'web-10-0-0-4', 'Web']), max_size=20),
       st.lists(st.none() | st.text(max_size=80) | st.just('web'), max_size=20))
def test_every_line_is_an_address_and_a_name_of_its_own(here, there):
    cards = [test_dhcp.card(name, number) for number, name in enumerate(here, 2)]
    others = elsewhere(*((f'10.0.0.{number}', f'fa:16:3e:00:01:{number:02x}', name)
                         for number, name in enumerate(there, 100)))
    lines = others.lines(served(cards, cidr_v6='fd00::/64'))
    assert all(LINE.fullmatch(line) for line in lines) and len(lines) == 2 * (len(here) + len(there))
    assert len({line.split()[1] for line in lines}) == len(here) + len(there)


def test_of_two_with_one_name_the_lower_address_has_it_whoever_serves_it():
    made = served([test_dhcp.card('web', 10)])
    lines = elsewhere(('10.0.0.5', 'fa:16:3e:00:00:99', 'web')).lines(made)
    assert lines == ['10.0.0.5 web', '10.0.0.10 web-10-0-0-10']


def test_a_guest_that_came_here_is_no_other_hosts_any_more():
    made = served([test_dhcp.card('web', 10)])
    assert elsewhere(('10.0.0.10', 'fa:16:3e:00:00:0a', 'old')).lines(made) == ['10.0.0.10 web']


def test_only_networks_with_other_names_are_written_again():
    others, made = elsewhere(('10.0.0.5', 'fa:16:3e:00:00:99', 'web')), served([])
    same = [[1, [['10.0.0.5', 'fa:16:3e:00:00:99', 'web']]]]
    assert others.replace({'names': None, 'digest': 'd'}, [made]) == []
    assert others.replace({'names': same, 'digest': 'e'}, [made]) == [] and others.digest == 'e'
    assert others.replace({'names': [[1, []]], 'digest': 'f'}, [made]) == [made]


def test_the_database_names_the_guests_of_other_hosts_once_each(context, make_network, make_instance, change_instance):
    network, other = make_network(), make_network('10.1.0.0/24', 'other', 'br101')
    uuids = [make_instance(f'vm{number}', host=f'h{number}') for number in (1, 2, 3)]
    for number, uuid in enumerate(uuids, 1):
        objects.VirtualInterfaceList.allocate(context, uuid, context.project_id, f'h{number}', None)
    objects.VirtualInterface.add_address(context, uuids[1], network.id, 'h2')
    change_instance(uuids[2], deleted=1)
    found, digest = names_db.list_names([network.id, other.id], 'h1')
    assert [[number, [(entry[0], entry[2]) for entry in entries]] for number, entries in found] == [
        [network.id, [('10.0.0.5', 'vm2')]], [other.id, [('10.1.0.5', 'vm2')]]]
    answer = objects.VirtualInterfaceList.get_names(context, [network.id, other.id], 'h1', digest)
    assert answer == {'digest': digest, 'names': None}
    assert names_db.list_names([], 'h1')[0] == []
