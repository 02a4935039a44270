# SPDX-License-Identifier: Apache-2.0
"""A conductor whose own step fails does not sit on the servers it owns: it takes them up again while it lives."""
import datetime
import time

import pytest
from oslo_db import exception as db_exception

from mininova import concurrency, rpc
from mininova.conductor import api as conductor_api
from mininova.conductor.tasks import build, delete
from mininova.scheduler.client import query


def fail_once(monkeypatch, owner, name, error):
    """Let a method fail the first time it is called; return the list of its calls."""
    calls, original = [], getattr(owner, name)

    def method(*args, **kwargs):
        calls.append(args)
        if len(calls) == 1:
            raise error
        return original(*args, **kwargs)
    monkeypatch.setattr(owner, name, method)
    return calls


@pytest.mark.parametrize('owner, name, error', [
    (query.SchedulerQueryClient, 'select_destinations', rpc.MessagingTimeout('nobody answered')),
    (build.BuildTask, '_place', db_exception.DBConnectionError('gone')),
    (build.BuildTask, '_schedule', db_exception.DBConnectionError('gone')),
])
def test_a_build_that_broke_off_in_conductor_is_taken_up_by_the_same_conductor(whole, monkeypatch, owner, name, error):
    calls = fail_once(monkeypatch, owner, name, error)
    server = whole.boot()
    assert whole.wait(server, 'ACTIVE')
    assert len(calls) == 2
    assert whole.findings() == []


def test_a_delete_that_broke_off_in_conductor_is_taken_up_by_the_same_conductor(whole, monkeypatch):
    calls = fail_once(monkeypatch, delete.DeleteTask, '_delete_here', db_exception.DBConnectionError('gone'))
    server = whole.boot()
    whole.wait(server, 'ACTIVE')
    whole.cloud.conf(service_down_time=1)
    whole.hosts['cmp1'].stop()
    whole.until(lambda: whole.api.get('/os-services?binary=nova-compute').json['services'][0]['state'] == 'down')
    whole.api.delete(f'/servers/{server}')
    whole.wait_gone(server)
    assert len(calls) == 2


def test_a_build_that_waits_for_an_answer_holds_up_no_other(whole, monkeypatch):
    """The reconciler took both up; the first hangs in a call whose answer never comes."""
    hanging, release = [], concurrency.event()
    original = query.SchedulerQueryClient.select_destinations

    def select(self, context, spec, uuids, **kwargs):
        if not hanging:
            hanging.append(spec.instance_uuid)
            release.wait(20)
        return original(self, context, spec, uuids, **kwargs)
    monkeypatch.setattr(conductor_api.ComputeTaskAPI, 'build_instances', lambda *args, **kwargs: None)
    monkeypatch.setattr(query.SchedulerQueryClient, 'select_destinations', select)
    first = whole.boot('first')
    whole.until(lambda: hanging)
    second = whole.boot('second')
    try:
        whole.wait(second, 'ACTIVE', seconds=10)
        assert whole.show(first)['status'] == 'BUILD'
    finally:
        release.set()
    whole.wait(first, 'ACTIVE')


def silence(host):
    """Make a compute host look dead: no heartbeat since 2020."""
    host._heartbeats.stop()
    host.service_ref.last_seen_up = datetime.datetime(2020, 1, 1)
    host.service_ref.save()


def asked_twice(monkeypatch, owner, name):
    """Return a condition: a method was called a second time."""
    calls, original = [], getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *args, **kwargs: (calls.append(name), original(*args, **kwargs))[1])
    return lambda: len(calls) > 1


def test_hosts_that_had_no_conductor_to_beat_through_are_waited_for(whole, monkeypatch):
    """All conductors were away for long; the first that is back finds every host down and has accepted work."""
    whole.services[0].manager.worker._started = time.monotonic() + 3600
    scheduled = asked_twice(monkeypatch, query.SchedulerQueryClient, 'select_destinations')
    silence(whole.hosts['cmp1'])
    server = whole.boot()
    whole.until(scheduled)
    assert whole.show(server)['status'] == 'BUILD'
    whole.hosts['cmp1']._beat()
    whole.wait(server, 'ACTIVE')


def test_a_host_that_comes_up_while_the_scheduler_looks_is_waited_for(whole, monkeypatch):
    whole.services[0].manager.worker._started = time.monotonic() + 3600
    silence(whole.hosts['cmp1'])
    select = query.SchedulerQueryClient.select_destinations

    def look(*args, **kwargs):
        try:
            return select(*args, **kwargs)
        finally:
            whole.hosts['cmp1']._beat()
    monkeypatch.setattr(query.SchedulerQueryClient, 'select_destinations', look)
    whole.wait(whole.boot(), 'ACTIVE')


@pytest.mark.parametrize('started, forced_down', [(-3600, False), (3600, True)])
def test_hosts_that_had_time_to_beat_or_are_known_to_be_away_are_not_waited_for(whole, started, forced_down):
    whole.services[0].manager.worker._started = time.monotonic() + started
    whole.hosts['cmp1'].service_ref.forced_down = forced_down
    silence(whole.hosts['cmp1'])
    server = whole.wait(whole.boot())
    assert server['status'] == 'ERROR'
    assert 'ComputeFilter' in server['fault']['message']
