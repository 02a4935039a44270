# SPDX-License-Identifier: Apache-2.0
"""Two conductors that drive the same build: the one that comes second leaves nothing and takes nothing."""
import types

import pytest
import sqlalchemy as sa

import mininova.conf
from mininova import exception, objects
from mininova.conductor import worker
from mininova.conductor.tasks import build
from mininova.db import claims, models, session
from tests.fixtures.scheduler import fleet  # noqa: F401


@pytest.fixture
def placed_elsewhere(fleet, monkeypatch):  # noqa: F811
    """Function: drive a build whose row somebody else changed meanwhile; return the server's claims afterwards."""
    def drive(host):
        node_id, server = fleet.add_host('cmp1'), fleet.add_server()
        assert claims.claim(server, node_id, 1, 512, 1)
        with session.writer() as connection:
            connection.execute(sa.update(models.instances).where(models.instances.c.uuid == server).values(host=host))
        task = build.BuildTask.__new__(build.BuildTask)
        task.worker = None
        instance = objects.Instance(fleet.context, uuid=server, action_id=None, build_attempt=0)
        monkeypatch.setattr(instance, 'save', refuse)
        chosen = {'host': 'cmp1', 'node': 'cmp1', 'compute_node_id': node_id}
        task._place(fleet.context, instance, types.SimpleNamespace(), [chosen], None, None)
        return [claim['compute_node_id'] == node_id for claim in claims.list_by_instance(server)]
    return drive


def refuse(*args, **kwargs):
    raise exception.UnexpectedTaskStateError(instance_uuid='u', expected='scheduling', actual='spawning')


def test_the_claim_stays_when_the_server_is_on_that_host_already(placed_elsewhere):
    assert placed_elsewhere('cmp1') == [True]


@pytest.mark.parametrize('host', ['cmp2', None])
def test_the_claim_goes_when_the_server_is_not_there(placed_elsewhere, host):
    assert placed_elsewhere(host) == []


def test_a_living_conductor_beats_several_times_before_it_counts_as_dead(conf):
    for timeout in (2, 15, 600):
        conf.config(group='reconciler', worker_timeout=timeout)
        assert worker.beat_interval() * 3 <= mininova.conf.CONF.reconciler.worker_timeout
        assert worker.beat_interval() <= 5
