# SPDX-License-Identifier: Apache-2.0
"""Claims are exact: a model that only counts agrees with the database after any sequence."""
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings, stateful
from hypothesis import strategies as st

from mininova.db import claims, models, session

# A failure is told within the time limit of a test; looking for a shorter one takes minutes.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
AMOUNT = st.integers(0, 6)
CAPACITIES = ((10, 10, 10, 1.0), (4, 12, 8, 1.5), (7, 7, 7, 1.1))


def wanted(server, node_id, amount=1):
    return claims.Wanted(server, node_id, amount, amount, amount)


@pytest.fixture
def node_id(fleet):
    return fleet.add_host('cmp1', vcpus=10, memory_mb=10, local_gb=10)


def test_each_resource_is_a_limit_of_its_own(fleet, node_id):
    for amounts in ((11, 1, 1), (1, 11, 1), (1, 1, 11)):
        assert not claims.claim(fleet.add_server(), node_id, *amounts)
    assert claims.claim(fleet.add_server(), node_id, 10, 10, 10)
    assert not claims.claim(fleet.add_server(), node_id, 1, 0, 0)
    assert claims.claim(fleet.add_server(), node_id, 0, 0, 0)


def test_reserved_and_ratio_are_part_of_the_limit(fleet):
    node_id = fleet.add_host('cmp1', memory_mb=10, reserved_memory_mb=4, ram_allocation_ratio=1.5)
    assert not claims.claim(fleet.add_server(), node_id, 1, 10, 1)
    assert claims.claim(fleet.add_server(), node_id, 1, 9, 1)


def test_a_repeated_claim_counts_once(fleet, node_id):
    server = fleet.add_server()
    assert claims.claim(server, node_id, 1, 1, 1)
    assert claims.claim(server, node_id, 1, 1, 1)
    assert claims.claim_many([wanted(server, node_id)]) == {server: (claims.HELD, node_id)}
    assert fleet.used() == {'cmp1': (1, 1, 1)}


def test_a_deleted_server_cannot_claim(fleet, node_id):
    gone = fleet.add_server(deleted=1)
    assert not claims.claim(gone, node_id, 1, 1, 1)
    assert claims.claim_many([wanted(gone, node_id)]) == {gone: (claims.INSTANCE_GONE, None)}
    assert fleet.used() == {'cmp1': (0, 0, 0)}


def test_those_that_fit_are_not_hindered_by_those_that_do_not(fleet, node_id):
    small, big = fleet.add_server(), fleet.add_server()
    assert claims.claim_many([wanted(big, node_id, 11), wanted(small, node_id, 10)]) == {
        big: (claims.NO_ROOM, None), small: (claims.CLAIMED, node_id)}


def test_a_claim_that_stands_elsewhere_is_kept_unless_it_is_ruled_out(fleet, node_id):
    other = fleet.add_host('cmp2')
    server = fleet.add_server()
    assert claims.claim(server, node_id, 1, 1, 1)
    assert claims.claim_many([wanted(server, other)]) == {server: (claims.HELD, node_id)}
    assert claims.claim_many([wanted(server, other)], not_on={node_id}) == {server: (claims.CLAIMED, other)}
    assert fleet.used() == {'cmp1': (0, 0, 0), 'cmp2': (1, 1, 1)}


def test_a_claim_on_a_node_that_left_is_not_held(fleet, node_id):
    server = fleet.add_server()
    assert claims.claim(server, node_id, 1, 1, 1)
    with session.writer() as connection:
        connection.execute(sa.delete(models.compute_nodes))
    new = fleet.add_host('cmp2')
    assert claims.claim_many([wanted(server, new)]) == {server: (claims.CLAIMED, new)}


def test_a_claim_raises_the_generation_and_so_does_a_release(fleet, node_id):
    def generation():
        with session.reader() as connection:
            return connection.execute(sa.select(models.compute_nodes.c.generation)).scalar()
    before, server = generation(), fleet.add_server()
    claims.claim(server, node_id, 1, 1, 1)
    assert generation() == before + 1
    claims.release(server)
    assert generation() == before + 2


def test_the_audit_names_what_differs_and_claims_without_a_server(fleet, node_id):
    server, gone = fleet.add_server(), fleet.add_server()
    assert claims.claim(server, node_id, 1, 2, 3)
    assert claims.claim(gone, node_id, 1, 1, 1)
    fleet.add_host('cmp2')
    assert claims.audit() == ([], [])
    with session.writer() as connection:
        connection.execute(sa.update(models.compute_nodes).where(models.compute_nodes.c.id == node_id).values(
            memory_mb_used=7))
        connection.execute(sa.delete(models.instances).where(models.instances.c.uuid == gone))
    wrong, orphans = claims.audit()
    assert wrong == [{'node': 'cmp1', 'resource': 'memory_mb_used', 'recorded': 7, 'claimed': 3}]
    assert [orphan['instance_uuid'] for orphan in orphans] == [gone]


@pytest.mark.parametrize(('policy', 'rules', 'expected'), [
    ('anti-affinity', None, [True, False, False]), ('anti-affinity', {'max_server_per_host': 2}, [True, True, False]),
    ('affinity', None, [True, True, True]), ('soft-anti-affinity', None, [True, True, True])])
def test_group_policies_on_one_host(fleet, node_id, policy, rules, expected):
    servers = [fleet.add_server() for _ in range(3)]
    fleet.add_group(policy, servers, rules)
    assert [claims.claim(server, node_id, 1, 1, 1) for server in servers] == expected


def test_affinity_refuses_a_second_host(fleet, node_id):
    other = fleet.add_host('cmp2')
    servers = [fleet.add_server(), fleet.add_server()]
    fleet.add_group('affinity', servers)
    assert claims.claim_many([wanted(servers[0], node_id), wanted(servers[1], other)]) == {
        servers[0]: (claims.CLAIMED, node_id), servers[1]: (claims.GROUP_POLICY, None)}


class Claims(stateful.RuleBasedStateMachine):
    """Nodes with small capacities; the model is {(server, node): amounts}."""
    fleet = None

    def __init__(self):
        super().__init__()
        with session.writer() as connection:
            for table in (models.compute_nodes, models.services, models.allocations, models.instances):
                connection.execute(sa.delete(table))
        self.limits = {}
        for number, (vcpus, memory_mb, local_gb, ratio) in enumerate(CAPACITIES):
            node_id = self.fleet.add_host(f'cmp{number}', vcpus=vcpus, memory_mb=memory_mb, local_gb=local_gb,
                                     cpu_allocation_ratio=ratio, ram_allocation_ratio=ratio,
                                     disk_allocation_ratio=ratio)
            self.limits[node_id] = [total * ratio for total in (vcpus, memory_mb, local_gb)]
        self.held = {}
        self.servers = [self.fleet.add_server() for _ in range(6)]

    def used(self, node_id):
        amounts = [taken for (_, node), taken in self.held.items() if node == node_id]
        return [sum(column) for column in zip(*amounts, strict=True)] or [0, 0, 0]

    def fits(self, node_id, amounts):
        return all(not asked or used + asked <= limit for used, asked, limit in
                   zip(self.used(node_id), amounts, self.limits[node_id], strict=True))

    @stateful.rule(server=st.integers(0, 5), node=st.integers(0, 2), amounts=st.tuples(AMOUNT, AMOUNT, AMOUNT))
    def claim(self, server, node, amounts):
        key = (self.servers[server], sorted(self.limits)[node])
        expected = key in self.held or self.fits(key[1], amounts)
        assert claims.claim(*key, *amounts) is expected
        if expected:
            self.held.setdefault(key, amounts)

    @stateful.rule(servers=st.lists(st.integers(0, 5), unique=True, min_size=1), nodes=st.lists(
        st.integers(0, 2), min_size=6, max_size=6), amounts=st.tuples(AMOUNT, AMOUNT, AMOUNT))
    def claim_many(self, servers, nodes, amounts):
        asked = [claims.Wanted(self.servers[server], sorted(self.limits)[nodes[server]], *amounts)
                 for server in servers]
        held_before = {server for server, _ in self.held}
        outcomes = claims.claim_many(asked)
        for one in sorted(asked, key=lambda one: one.compute_node_id):
            outcome, node_id = outcomes[one.instance_uuid]
            if one.instance_uuid in held_before:
                assert outcome == claims.HELD
                assert (one.instance_uuid, node_id) in self.held
            else:
                assert (outcome == claims.CLAIMED) is self.fits(one.compute_node_id, amounts)
                if outcome == claims.CLAIMED:
                    self.held[(one.instance_uuid, one.compute_node_id)] = amounts

    @stateful.rule(server=st.integers(0, 5))
    def release(self, server):
        claims.release(self.servers[server])
        self.held = {key: taken for key, taken in self.held.items() if key[0] != self.servers[server]}

    @stateful.invariant()
    def agrees(self):
        with session.reader() as connection:
            rows = connection.execute(sa.select(models.compute_nodes)).mappings().all()
        for row in rows:
            assert [row['vcpus_used'], row['memory_mb_used'], row['local_gb_used']] == self.used(row['id'])
        assert claims.audit() == ([], [])


def test_any_sequence_agrees_with_a_model_that_counts(fleet):
    machine = type('Claims', (Claims,), {'fleet': fleet})
    stateful.run_state_machine_as_test(machine, settings=settings(
        max_examples=12, stateful_step_count=20, deadline=None, phases=NO_SHRINKING,
        suppress_health_check=list(HealthCheck)))
