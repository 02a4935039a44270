# SPDX-License-Identifier: Apache-2.0
"""Claims of CPUs, pages and cells: in one transaction with the rest, given back to the last one, audited."""
import contextlib

import pytest
import sqlalchemy as sa

from mininova.db import claims, models, operations, session
from mininova.virt import hardware


@pytest.fixture
def node_id(fleet):
    cell = hardware.NUMACell(0, {0, 1}, {2, 3, 4, 5}, 1024, mempages=[hardware.NUMAPagesTopology(4, 10000),
                                                                      hardware.NUMAPagesTopology(2048, 64)])
    return fleet.add_host('cmp1', vcpus=2, memory_mb=1024, numa_topology=hardware.NUMATopology([cell]).to_facts())


def take(fleet, node_id, kind='instance', server=None, **wanted):
    """Claim for a new server (or the one given); returns its uuid, None if it does not fit."""
    server = server or fleet.add_server()
    spec = fleet.spec(**{'memory_mb': 64, **wanted})
    return server if claims.claim(server, node_id, *spec.to_claim(), kind=kind) else None


@contextlib.contextmanager
def count_statements():
    """Give the list of the statements that the block runs."""
    statements = []

    def note(connection, cursor, statement, *_):
        if not statement.startswith('BEGIN'):
            statements.append(statement)
    sa.event.listen(session.engine(), 'before_cursor_execute', note)
    try:
        yield statements
    finally:
        sa.event.remove(session.engine(), 'before_cursor_execute', note)


def used(node_id):
    with session.reader() as connection:
        return connection.scalar(sa.select(models.compute_nodes.c.numa_used).where(
            models.compute_nodes.c.id == node_id))


DEDICATED = {'hw:cpu_policy': 'dedicated'}
PAGES = {'hw:mem_page_size': '2048'}


def test_a_claim_takes_cpus_and_pages_and_a_release_gives_them_back(fleet, node_id):
    server = take(fleet, node_id, vcpus=3, extra_specs={**DEDICATED, **PAGES})
    assert used(node_id) == {'0': {'cpu_usage': 0, 'memory_usage': 64, 'pinned_cpus': [2, 3, 4],
                                   'mempages': {'2048': 32}}}
    # Dedicated CPUs are none of the host's shared ones.
    assert fleet.used() == {'cmp1': (0, 64, 1)}
    fitted, = hardware.InstanceNUMATopology.from_document(claims.hardware_of(server, node_id)['numa_topology']).cells
    assert (fitted.cpu_pinning, fitted.pagesize) == ({0: 2, 1: 3, 2: 4}, 2048)
    assert take(fleet, node_id, vcpus=2, extra_specs=DEDICATED) is None
    assert take(fleet, node_id, memory_mb=66, extra_specs=PAGES) is None
    assert take(fleet, node_id, vcpus=1, extra_specs={**DEDICATED, **PAGES})
    claims.release(server)
    assert used(node_id)['0']['pinned_cpus'] == [5]
    claims.release(server)
    assert claims.audit() == ([], [])


def test_what_does_not_fit_as_a_whole_takes_nothing(fleet, node_id):
    assert take(fleet, node_id, vcpus=1, root_gb=1000, extra_specs=DEDICATED) is None
    assert take(fleet, node_id, vcpus=5, extra_specs=DEDICATED) is None
    assert (used(node_id), fleet.used()) == (None, {'cmp1': (0, 0, 0)})


def test_a_server_without_wishes_pays_nothing(fleet, node_id):
    """The statements that a claim without wishes needs are those it needed before there were any."""
    plain = fleet.add_server()
    with count_statements() as statements:
        claims.claim(plain, node_id, 1, 64, 1)
    assert len(statements) == 4, statements          # claim there already? lock, take, insert
    with count_statements() as statements:
        claims.release(plain)
    assert len(statements) == 3, statements
    assert used(node_id) is None


def test_a_host_without_cells_takes_no_server_with_wishes(fleet):
    plain = fleet.add_host('cmp2')
    assert take(fleet, plain, extra_specs={'hw:numa_nodes': '1'}) is None
    assert take(fleet, plain + 77, extra_specs={'hw:numa_nodes': '1'}) is None


def test_both_ends_of_a_move_within_a_host_have_cpus_of_their_own(fleet, node_id):
    server = take(fleet, node_id, vcpus=2, extra_specs=DEDICATED)
    claims.keep_for_migration(server, node_id)
    assert take(fleet, node_id, server=server, vcpus=1, extra_specs=DEDICATED)
    old, new = (claims.hardware_of(server, node_id, kind)['numa_topology'] for kind in ('migration', 'instance'))
    assert (old['cells'][0]['cpu_pinning'], new['cells'][0]['cpu_pinning']) == ({'0': 2, '1': 3}, {'0': 4})
    claims.return_from_migration(server, node_id)
    assert used(node_id)['0']['pinned_cpus'] == [2, 3]
    assert claims.hardware_of(server, node_id)['numa_topology'] == old
    assert claims.audit() == ([], [])


def test_shared_cpus_of_a_cell_are_counted_with_the_ratio(fleet, node_id):
    one_node = {'hw:numa_nodes': '1'}
    assert take(fleet, node_id, vcpus=2, extra_specs=one_node)
    assert take(fleet, node_id, vcpus=1, extra_specs=one_node) is None
    with session.writer() as connection:
        connection.execute(sa.update(models.compute_nodes).values(cpu_allocation_ratio=2.0))
    assert take(fleet, node_id, vcpus=2, extra_specs=one_node)
    assert used(node_id)['0']['cpu_usage'] == 4
    assert take(fleet, node_id, vcpus=1, extra_specs=one_node) is None


def test_the_audit_sees_what_was_lost_and_what_was_given_twice(fleet, node_id):
    first, second = (take(fleet, node_id, vcpus=1, extra_specs=DEDICATED) for _ in range(2))
    with session.writer() as connection:
        stolen = connection.scalar(sa.select(models.allocations.c.numa_topology).where(
            models.allocations.c.instance_uuid == first))
        connection.execute(sa.update(models.allocations).where(
            models.allocations.c.instance_uuid == second).values(numa_topology=stolen))
    wrong, orphans = claims.audit()
    assert {entry['resource'] for entry in wrong} == {'CPUs 2', 'numa_used'} and orphans == []
    with session.writer() as connection:
        connection.execute(sa.update(models.compute_nodes).values(numa_used=None))
        connection.execute(sa.delete(models.allocations).where(models.allocations.c.instance_uuid == second))
    wrong, _ = claims.audit()
    assert ({'node': 'cmp1', 'resource': 'numa_used'}.items()
            <= next(entry for entry in wrong if entry['resource'] == 'numa_used').items())


def test_an_operation_that_claims_makes_the_fit_the_servers_own(fleet, node_id):
    server = fleet.add_server()
    claim = (node_id, *fleet.spec(memory_mb=64, vcpus=1, extra_specs=DEDICATED).to_claim())
    _, _, claimed, fitted = operations.begin(server, {}, {}, 'req-1', None, 'cmp1', claim)
    with session.reader() as connection:
        stored = connection.scalar(sa.select(models.instances.c.numa_topology).where(
            models.instances.c.uuid == server))
    assert claimed and fitted == {'numa_topology': stored, 'pci_devices': None}
    assert stored['cells'][0]['cpu_pinning'] == {'0': 2}
    *_, again = operations.begin(server, {}, {}, 'req-1', None, 'cmp1', claim)
    assert again == fitted
