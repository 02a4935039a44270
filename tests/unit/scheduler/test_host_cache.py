# SPDX-License-Identifier: Apache-2.0
"""HostCache: whatever happens in the database, the next refresh shows what a fresh reader sees."""
import uuid

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings, stateful
from hypothesis import strategies as st

from mininova.db import aggregates, claims, models, session
from mininova.scheduler import aggregate_ratios, host_cache

# A failure is told within the time limit of a test; looking for a shorter one takes minutes.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
HOSTS = ['cmp1', 'cmp2', 'cmp3']


def shown(states):
    """Return what a list of host states says, but for the exact age of silent services."""
    return {state.host: (state.compute_node_id, state.generation, state.room_memory_mb, state.room_vcpus,
                         state.ratios, state.num_io_ops, state.num_instances, state.zones,
                         sorted(aggregate['name'] for aggregate in state.aggregates),
                         state.service and {key: value for key, value in state.service.items() if key != 'age'})
            for state in states}


@pytest.fixture
def cache(fleet):
    return host_cache.HostCache()


def test_nothing_is_read_again_when_nothing_changed(fleet, cache):
    fleet.add_host('cmp1')
    before = cache.refresh()
    assert cache.refresh() is before


def test_only_the_changed_host_is_replaced(fleet, cache):
    node_id = fleet.add_host('cmp1')
    fleet.add_host('cmp2')
    first, second = cache.refresh()
    assert claims.claim(fleet.add_server(), node_id, 1, 512, 1)
    changed, same = cache.refresh()
    assert same is second
    assert (first.room_memory_mb, changed.room_memory_mb) == (8192, 7680)


def test_hosts_share_equal_documents(fleet, cache):
    fleet.add_host('cmp1')
    fleet.add_host('cmp2')
    first, second = cache.refresh()
    assert first.cpu_info is second.cpu_info


def test_zones_come_from_aggregates_or_the_default(fleet, cache, conf):
    conf.config(default_availability_zone='lab')
    for host in ('cmp1', 'cmp2', 'cmp3'):
        fleet.add_host(host)
    aggregates.create('rack1', {'availability_zone': 'az1', 'ssd': 'true'}, ['cmp1'])
    aggregates.create('fast', {'ssd': 'true'}, ['cmp2'])
    zones = {state.host: sorted(state.zones) for state in cache.refresh()}
    assert zones == {'cmp1': ['az1'], 'cmp2': ['lab'], 'cmp3': ['lab']}


def test_a_host_in_two_zones_is_in_both(fleet, cache):
    fleet.add_host('cmp1')
    aggregates.create('a', {'availability_zone': 'az1'}, ['cmp1'])
    aggregates.create('b', {'availability_zone': 'az2,az3'}, ['cmp1'])
    state, = cache.refresh()
    assert sorted(state.zones) == ['az1', 'az2', 'az3']


def test_after_a_failed_read_everything_is_read_again(fleet, cache, monkeypatch):
    fleet.add_host('cmp1')
    cache.refresh()
    with monkeypatch.context() as patch:
        patch.setattr('mininova.objects.host_states.read', lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            cache.refresh()
    assert [state.host for state in cache.refresh()] == ['cmp1']


def test_changes_by_hand_are_seen_after_a_while(fleet, cache, monkeypatch):
    fleet.add_host('cmp1')
    cache.refresh()
    with session.writer() as connection:
        connection.execute(sa.update(models.compute_nodes).values(memory_mb=1))
    monkeypatch.setattr(host_cache, 'FULL_READ_SPACING', 0)
    state, = cache.refresh()
    assert state.total_usable_ram_mb == 1


class Cloud(stateful.RuleBasedStateMachine):
    """Everything that may happen to hosts between two requests."""
    fleet, always_look = None, False

    def __init__(self):
        super().__init__()
        with session.writer() as connection:
            for table in (models.compute_nodes, models.services, models.aggregates, models.aggregate_hosts,
                          models.aggregate_metadata, models.allocations):
                connection.execute(sa.delete(table))
        self.cache, self.hosts, self.servers = self._fresh(), {}, []

    @staticmethod
    def _fresh():
        return host_cache.HostCache(aggregate_ratios.AggregateRatios({'cpu_allocation_ratio': False}))

    @stateful.rule(host=st.sampled_from(HOSTS))
    def add_or_report(self, host):
        self.hosts[host] = self.fleet.add_host(host, memory_mb=4096 + len(self.hosts), service=host not in self.hosts)

    @stateful.precondition(lambda self: self.hosts)
    @stateful.rule(data=st.data())
    def remove(self, data):
        host = data.draw(st.sampled_from(sorted(self.hosts)))
        del self.hosts[host]
        with session.writer() as connection:
            for table in (models.compute_nodes, models.services):
                connection.execute(sa.delete(table).where(table.c.host == host))

    @stateful.precondition(lambda self: self.hosts)
    @stateful.rule(data=st.data(), age=st.sampled_from((0, 100)), disabled=st.sampled_from((None, 'why')))
    def trouble(self, data, age, disabled):
        self.fleet.set_service(data.draw(st.sampled_from(sorted(self.hosts))), age=age, disabled_reason=disabled)

    @stateful.precondition(lambda self: self.hosts)
    @stateful.rule(data=st.data())
    def claim(self, data):
        server = self.fleet.add_server()
        if claims.claim(server, self.hosts[data.draw(st.sampled_from(sorted(self.hosts)))], 1, 64, 1):
            self.servers.append(server)

    @stateful.precondition(lambda self: self.servers)
    @stateful.rule(data=st.data(), task_state=st.sampled_from((None, 'spawning', 'rebooting')))
    def work_on(self, data, task_state):
        servers = models.instances
        with session.writer() as connection:
            connection.execute(sa.update(servers).where(
                servers.c.uuid == data.draw(st.sampled_from(self.servers))).values(task_state=task_state))

    @stateful.precondition(lambda self: self.servers)
    @stateful.rule()
    def release(self):
        claims.release(self.servers.pop())

    @stateful.precondition(lambda self: self.hosts)
    @stateful.rule(data=st.data(), metadata=st.sampled_from((
        {'availability_zone': 'az1'}, {'availability_zone': 'az2', 'cpu_allocation_ratio': '2'},
        {'cpu_allocation_ratio': '0.5'}, {'cpu_allocation_ratio': 'much'})))
    def group(self, data, metadata):
        aggregates.create(str(uuid.uuid4()), metadata,
                          [data.draw(st.sampled_from(sorted(self.hosts)))])

    @stateful.rule(host=st.sampled_from(HOSTS))
    def ungroup(self, host):
        with session.writer() as connection:
            connection.execute(sa.delete(models.aggregate_hosts).where(models.aggregate_hosts.c.host == host))

    @stateful.rule()
    def look(self):
        assert shown(self.cache.refresh()) == shown(self._fresh().refresh())
        assert {state.host for state in self.cache.refresh()} == set(self.hosts)

    @stateful.invariant()
    def watch(self):
        if self.always_look:
            self.look()

    def teardown(self):
        self.look()


@pytest.mark.parametrize('always_look', [True, False])
def test_it_never_differs_from_a_fresh_look(fleet, always_look):
    machine = type('Cloud', (Cloud,), {'fleet': fleet, 'always_look': always_look})
    stateful.run_state_machine_as_test(machine, settings=settings(
        max_examples=10, stateful_step_count=40, deadline=None, phases=NO_SHRINKING,
        suppress_health_check=list(HealthCheck)))
