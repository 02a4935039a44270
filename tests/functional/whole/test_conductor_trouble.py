# SPDX-License-Identifier: Apache-2.0
"""A conductor whose own step fails does not sit on the servers it owns: it takes them up again while it lives."""
import pytest
from oslo_db import exception as db_exception

from mininova import rpc
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
