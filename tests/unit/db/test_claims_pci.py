# SPDX-License-Identifier: Apache-2.0
"""Claims of PCI devices: in one transaction with the rest, given back to the last one, audited."""
import pytest
import sqlalchemy as sa

from mininova import exception
from mininova.db import claims, instances, models, operations, pci, services, session
from mininova.pci import request
from mininova.pci.device import PF, STANDARD, VF
from tests.fixtures.pci_devices import card, documents, gpus, wanted

DEVICES, NODES = models.pci_devices, models.compute_nodes


@pytest.fixture
def node_id(fleet):
    return fleet.add_host('cmp1', pci_devices=[*gpus(3), *card(9, 2)])


def take(fleet, node_id, *requests, kind='instance', server=None, **others):
    """Claim for a new server (or the one given); returns its uuid, None if it does not fit."""
    server = server or fleet.add_server()
    spec = fleet.spec(memory_mb=64, pci_requests=documents(*requests), **others)
    return server if claims.claim(server, node_id, *spec.to_claim(), kind=kind) else None


def statuses(node_id):
    return {row['address']: row['status'] for row in pci.list_by_node(node_id)}


def has(server, node_id, kind='instance'):
    return [each['address'] for each in claims.hardware_of(server, node_id, kind)['pci_devices']]


def generation(node_id):
    return services.get_node(id_=node_id)['generation']


def change(table, *where, **values):
    with session.writer() as connection:
        connection.execute(sa.update(table).where(*where).values(**values))


def wrong():
    found, orphans = claims.audit()
    assert orphans == []
    return {each['resource'] for each in found}


def test_a_claim_takes_devices_and_a_release_gives_them_back(fleet, node_id):
    before = generation(node_id)
    server = take(fleet, node_id, wanted(2))
    assert has(server, node_id) == ['0000:01:00.0', '0000:01:01.0'] and generation(node_id) == before + 1
    pools = services.get_node(id_=node_id)['pci_stats']
    assert [(pool['dev_type'], pool['count']) for pool in pools] == [('type-PCI', 1), ('type-PF', 1), ('type-VF', 2)]
    assert take(fleet, node_id, wanted(4)) is None
    assert wrong() == set()
    claims.release(server)
    claims.release(server)
    assert set(statuses(node_id).values()) == {'available'} and wrong() == set()
    first = pci.list_by_node(node_id)[0]
    assert (first['instance_uuid'], first['request_id'], first['allocation_id']) == (None, None, None)
    assert take(fleet, node_id, wanted(3), wanted(1, 'card', dev_type=PF))


def test_a_claim_that_fails_for_something_else_takes_no_device(fleet, node_id):
    spec = fleet.spec(memory_mb=10 ** 6, pci_requests=documents(wanted(1)))
    assert not claims.claim(fleet.add_server(), node_id, *spec.to_claim())
    assert set(statuses(node_id).values()) == {'available'} and wrong() == set()


def test_a_card_and_its_functions_rule_each_other_out(fleet, node_id):
    server = take(fleet, node_id, wanted(1, dev_type=VF))
    assert {address: status for address, status in statuses(node_id).items() if status != 'available'} == {
        '0000:09:00.0': 'unavailable', '0000:09:01.0': 'allocated'}
    assert take(fleet, node_id, wanted(1, dev_type=PF)) is None
    claims.release(server)
    server = take(fleet, node_id, wanted(1, dev_type=PF))
    assert statuses(node_id)['0000:09:01.1'] == 'unavailable' and wrong() == set()
    assert take(fleet, node_id, wanted(1, dev_type=VF)) is None
    instances.destroy(server)
    assert set(statuses(node_id).values()) == {'available'}


def test_both_ends_of_a_move_within_a_host_have_devices_of_their_own(fleet, node_id):
    server = take(fleet, node_id, wanted(1))
    claims.keep_for_migration(server, node_id)
    take(fleet, node_id, wanted(2), server=server)
    assert (has(server, node_id, 'migration'), has(server, node_id)) == (
        ['0000:01:00.0'], ['0000:01:01.0', '0000:01:02.0'])
    assert wrong() == set()
    claims.return_from_migration(server, node_id)
    assert has(server, node_id) == ['0000:01:00.0'] and wrong() == set()


def test_an_operation_that_claims_makes_the_devices_the_servers_own(fleet, node_id):
    server = fleet.add_server()
    claim = (node_id, *fleet.spec(memory_mb=64, pci_requests=documents(wanted(1))).to_claim())
    for _ in range(2):
        _, _, claimed, fitted = operations.begin(server, {}, {}, 'req-1', None, 'cmp1', claim)
        assert claimed and [each['address'] for each in fitted['pci_devices']] == ['0000:01:00.0']
        with session.reader() as connection:
            assert connection.scalar(sa.select(models.instances.c.pci_devices)) == fitted['pci_devices']
    assert fitted['pci_devices'][0]['alias_name'] == 'gpu'


def test_many_claims_of_one_request(fleet, node_id):
    servers = [fleet.add_server() for _ in range(4)]
    room = fleet.spec(memory_mb=64, pci_requests=documents(wanted(1, dev_type=STANDARD))).to_claim()
    outcomes = claims.claim_many([claims.Wanted(server, node_id, *room) for server in servers])
    assert [outcomes[server][0] for server in servers] == ['claimed'] * 3 + ['no room']
    again = claims.claim_many([claims.Wanted(servers[0], node_id, *room)])
    assert again == {servers[0]: ('held', node_id)}
    # On a node that is ruled out the claim goes back first.
    other = fleet.add_host('cmp2', pci_devices=gpus(1))
    moved = claims.claim_many([claims.Wanted(servers[0], other, *room)], not_on=[node_id])
    assert moved == {servers[0]: ('claimed', other)} and wrong() == set()
    assert statuses(node_id)['0000:01:00.0'] == 'available'


# -- reports ----------------------------------------------------------------------------------------


def report(node_id, *devices):
    with session.writer() as connection:
        return pci.report(connection, node_id, list(devices))


def test_a_report_adds_changes_and_forgets(fleet, node_id):
    first, second, third = gpus(3)
    assert report(node_id, first, {**second, 'numa_node': 1, 'tags': {'traits': ['FAST']}}) == []
    rows = {row['address']: row for row in pci.list_by_node(node_id)}
    assert set(rows) == {'0000:01:00.0', '0000:01:01.0'}
    row = rows['0000:01:01.0']
    assert (row['numa_node'], row['extra_info']) == (1, {'tags': {'traits': ['FAST']}})
    assert take(fleet, node_id, wanted(1, traits=['FAST'])) and wrong() == set()
    assert report(node_id, first, second, third) == []
    # What a server has stays as it was when the server got it.
    assert pci.list_by_node(node_id)[1]['numa_node'] == 1


def test_what_a_server_has_is_forgotten_when_it_is_free(fleet, node_id):
    server = take(fleet, node_id, wanted(1))
    assert report(node_id, *gpus(3)[1:]) == [{'address': '0000:01:00.0', 'instance_uuid': server}]
    assert has(server, node_id) == ['0000:01:00.0'] and wrong() == set()
    claims.release(server)
    assert set(statuses(node_id)) == {'0000:01:01.0', '0000:01:02.0'}
    # One that came back in the meantime is as if it had never left.
    server = take(fleet, node_id, wanted(1))
    report(node_id)
    assert report(node_id, *gpus(3)) == []
    claims.release(server)
    assert len(statuses(node_id)) == 3


def test_functions_that_vanish_with_their_card_come_back(fleet, node_id):
    """A kernel takes away the virtual functions of a card that is given to a guest."""
    server = take(fleet, node_id, wanted(1, dev_type=PF))
    assert report(node_id, card(9, 2)[0]) == []
    assert statuses(node_id) == {'0000:09:00.0': 'allocated'}
    claims.release(server)
    report(node_id, *card(9, 2))
    assert set(statuses(node_id).values()) == {'available'} and len(statuses(node_id)) == 3


# -- the audit -----------------------------------------------------------------------------------------


def test_the_audit_tells_what_does_not_agree(fleet, node_id):
    server = take(fleet, node_id, wanted(2))
    assert wrong() == set()
    change(DEVICES, DEVICES.c.address == '0000:01:00.0', status='available')
    assert wrong() == {'PCI device 0000:01:00.0', 'pci_stats'}
    change(DEVICES, DEVICES.c.address == '0000:01:00.0', allocation_id=None, status='allocated')
    assert wrong() == {'the server of PCI device 0000:01:00.0', 'PCI device 0000:01:00.0',
                       f'PCI devices of {server} for alias gpu'}
    claims.release(server)
    change(NODES, NODES.c.id == node_id, pci_stats=None)
    assert 'pci_stats' in wrong()


def test_a_device_that_is_not_free_is_never_taken(fleet, node_id):
    one = claims.Wanted(fleet.add_server(), node_id, 1, 1, 1)
    change(DEVICES, DEVICES.c.address == '0000:01:00.0', status='unavailable')
    with pytest.raises(exception.PciDeviceRequestFailed, match='0000:01:00.0'), session.writer() as connection:
        pci.take(connection, 1, one, {'gpu': ['0000:01:00.0']})


def test_documents_of_requests_come_back(fleet, node_id):
    server = take(fleet, node_id, wanted(1, numa_policy=request.REQUIRED))
    claim, = claims.list_by_instance(server)
    assert request.from_documents(claim['pci_requests'])[0].numa_policy == 'required'
