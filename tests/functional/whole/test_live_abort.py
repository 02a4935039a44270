# SPDX-License-Identifier: Apache-2.0
"""Live migrations that are called off between two steps, when nobody looks and the hypervisor has not begun."""
import pytest

from mininova import exception, objects
from mininova.compute.operations import live_migration, live_migration_jobs
from mininova.network import ipam
from mininova.objects import migration as migrations

AUTO = {'os-migrateLive': {'host': None, 'block_migration': 'auto'}}


@pytest.fixture
def server(whole, monkeypatch):
    monkeypatch.setattr(live_migration_jobs, 'LOOK_INTERVAL', 0.1)
    ipam.create_network(whole.admin, 'private', '10.0.0.0/24')
    whole.add_host('cmp2')
    whole.cloud.conf(group='fake', live_migration_seconds=20)
    made = whole.boot('vm1', availability_zone='nova:cmp1', networks='auto')
    assert whole.wait(made)['status'] == 'ACTIVE'
    return made


def abort(whole, server, migration_id):
    return whole.api.delete(f'/servers/{server}/migrations/{migration_id}', version='2.65').status


def has_stayed(whole, server):
    shown = whole.wait(server, 'ACTIVE')
    assert shown['OS-EXT-SRV-ATTR:host'] == 'cmp1'
    record = objects.MigrationList.get_by_filters(whole.admin, {'instance_uuid': server,
                                                                'migration_type': migrations.LIVE}).objects[0]
    whole.until(lambda: whole.findings() == [])
    assert whole.used() == {'cmp1': 512, 'cmp2': 0}
    return record.status


def test_an_abort_while_the_record_is_written_that_it_runs_is_not_lost(whole, server, monkeypatch):
    original, answers = live_migration.LiveMigrationOperations._advance, []

    def advance(migration, status, expected):
        original(migration, status, expected)
        if status == 'running':
            answers.append(abort(whole, server, migration.id))
            whole.until(lambda: 'live_migration_cancel' in whole.actions(server)
                        and whole.actions(server)['live_migration_cancel']['events'])
    monkeypatch.setattr(live_migration.LiveMigrationOperations, '_advance', staticmethod(advance))
    whole.act(server, AUTO)
    assert has_stayed(whole, server) == 'cancelled'
    assert answers == [202]


def test_an_abort_that_the_hypervisor_is_not_ready_for_is_repeated(whole, server, monkeypatch):
    driver = whole.hosts['cmp1'].manager.driver
    original, calls = driver.live_migration_abort, []

    def not_yet(instance):
        calls.append(instance.uuid)
        if len(calls) == 1:
            raise exception.MigrationError(reason='no live migration is under way')
        original(instance)
    monkeypatch.setattr(driver, 'live_migration_abort', not_yet)
    whole.act(server, AUTO)

    def runs():
        found = whole.api.get(f'/servers/{server}/migrations', version='2.65').json['migrations']
        return found and found[0]['status'] == 'running' and found[0]['id']
    assert abort(whole, server, whole.until(runs)) == 202
    assert has_stayed(whole, server) == 'cancelled'
    assert len(calls) == 2
