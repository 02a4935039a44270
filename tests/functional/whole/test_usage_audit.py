# SPDX-License-Identifier: Apache-2.0
"""nova-compute tells once for each period which servers existed, also if it is killed while it does."""
import datetime

import pytest
import sqlalchemy as sa

from mininova import crashpoint
from mininova.compute import audit_period, usage_audit
from mininova.db import models, session
from mininova.notifications import instance as notifications

BEGIN, END = datetime.datetime(2026, 1, 1), datetime.datetime(2026, 2, 1)


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def audit(whole, cloud, notifier, monkeypatch):
    """Switch audits on and return a function that does what the periodic task of a fresh nova-compute does."""
    cloud.conf(instance_usage_audit=True)
    monkeypatch.setattr(audit_period, 'last_completed', lambda before=None: (BEGIN, END))

    def run(host='cmp1'):
        usage_audit.UsageAudit(host).run(whole.admin)
    return run


def server(whole, number, launched_at=BEGIN, terminated_at=None, host='cmp1'):
    """Make a server that ran, in the database only; returns its id."""
    uuid = f'00000000-0000-4000-8000-{number:012}'
    whole.cloud.insert('instances', uuid=uuid, host=host, project_id='p', user_id='u', display_name=f's{number}',
                       vm_state='active', launched_at=launched_at, terminated_at=terminated_at, memory_mb=1, vcpus=1,
                       root_gb=1, ephemeral_gb=0, locked=False, reservation_id='r', hostname='s', node=host,
                       deleted=number if terminated_at else 0, created_at=BEGIN,
                       flavor={'id': 1, 'flavorid': '1', 'name': 'm1', 'memory_mb': 1, 'vcpus': 1, 'root_gb': 1,
                               'ephemeral_gb': 0, 'swap': 0, 'rxtx_factor': 1.0, 'is_public': True, 'disabled': False,
                               'extra_specs': {}, 'vcpu_weight': 0, 'description': None})
    return uuid


def told(notifier, event='instance.exists'):
    found = [payload for _publisher, sent, payload in notifier.sent if sent == event]
    return [payload['nova_object.data']['uuid'] if 'nova_object.data' in payload else payload['instance_id']
            for payload in found]


def log(whole):
    return whole.api.get('/os-instance_usage_audit_log').json['instance_usage_audit_logs']


def test_each_server_that_ran_is_told_once(whole, notifier, audit):
    day = datetime.timedelta(days=1)
    ran = [server(whole, 1), server(whole, 2, BEGIN - 9 * day), server(whole, 3, END - day),
           server(whole, 4, BEGIN - day, terminated_at=BEGIN + day)]
    server(whole, 5, END)
    server(whole, 6, BEGIN - 9 * day, terminated_at=BEGIN)
    server(whole, 7, launched_at=None)
    server(whole, 8, host='cmp2')
    for _time in range(2):
        audit()
        assert told(notifier) == ran
        assert told(notifier, 'compute.instance.exists') == ran
    found = log(whole)
    assert found['log']['cmp1']['state'] == 'DONE'
    assert (found['total_instances'], found['total_errors'], found['num_hosts_done']) == (4, 0, 1)
    assert found['log']['cmp1']['message'].startswith('Instance usage audit ran for host cmp1, 4 instances in ')


def test_what_is_told(whole, notifier, audit):
    uuid = server(whole, 1)
    whole.cloud.insert('instance_metadata', instance_uuid=uuid, key='role', value='web')
    audit()
    publisher, _event, versioned = notifier.sent[-1]
    assert publisher == 'nova-compute:cmp1'
    assert (versioned['nova_object.name'], versioned['nova_object.version']) == ('InstanceExistsPayload', '2.1')
    data = versioned['nova_object.data']
    assert data['audit_period']['nova_object.data'] == {
        'audit_period_beginning': '2026-01-01T00:00:00Z', 'audit_period_ending': '2026-02-01T00:00:00Z'}
    assert data['metadata'] == {'role': 'web'} and 'fault' not in data
    legacy = notifier.payload('compute.instance.exists')
    assert (legacy['audit_period_beginning'], legacy['audit_period_ending'], legacy['metadata']) == (
        '2026-01-01 00:00:00', '2026-02-01 00:00:00', {'role': 'web'})


def test_nothing_is_told_unless_it_is_switched_on(whole, cloud, notifier, audit):
    server(whole, 1)
    cloud.conf(instance_usage_audit=False)
    audit()
    assert notifier.sent == [] and log(whole)['hosts_not_run'] == ['cmp1']


def test_the_periodic_task_of_a_host_does_it(whole, notifier, audit):
    made = server(whole, 1)
    periodic = whole.hosts['cmp1'].manager.periodic
    assert periodic.audit_usage in [function for _spacing, function, _delay in periodic.tasks()]
    periodic.audit_usage()
    periodic.audit_usage()
    assert told(notifier) == [made]


def test_a_server_that_cannot_be_told_is_an_error_and_no_more(whole, notifier, audit, monkeypatch):
    servers = [server(whole, number) for number in (1, 2, 3)]
    real = notifications.notify_usage_exists

    def tell(context, instance, *args):
        if instance.uuid == servers[1]:
            raise ValueError('odd')
        real(context, instance, *args)
    monkeypatch.setattr(notifications, 'notify_usage_exists', tell)
    audit()
    assert told(notifier) == [servers[0], servers[2]]
    assert (log(whole)['total_errors'], log(whole)['overall_status']) == (1, 'ALL hosts done. 1 errors.')


@pytest.mark.parametrize(('place', 'twice'), [
    ('usage_audit.U1.begun.after', 0), ('usage_audit.U2.told.before', 2), ('usage_audit.U2.told.after', 0)])
def test_a_run_that_was_killed_is_taken_up(whole, notifier, audit, monkeypatch, place, twice):
    monkeypatch.setattr(usage_audit, 'PAGE', 2)
    servers = [server(whole, number) for number in range(1, 6)]

    def die(name):
        if name == place:
            raise Killed
    monkeypatch.setattr(crashpoint, 'observers', [die])
    with pytest.raises(Killed):
        audit()
    assert log(whole)['log']['cmp1']['state'] == 'RUNNING'
    monkeypatch.setattr(crashpoint, 'observers', [])
    audit()
    assert sorted(told(notifier)) == sorted(servers + servers[:twice])
    assert log(whole)['log']['cmp1'] == {**log(whole)['log']['cmp1'], 'state': 'DONE', 'instances': 5, 'errors': 0}


def test_a_run_that_another_process_took_over_stops(whole, notifier, audit, monkeypatch):
    monkeypatch.setattr(usage_audit, 'PAGE', 2)
    for number in range(1, 6):
        server(whole, number)

    def lose(name):
        if name == 'usage_audit.U2.told.before':
            with session.writer() as connection:
                connection.execute(sa.update(models.task_log).values(run='another'))
    monkeypatch.setattr(crashpoint, 'observers', [lose])
    audit()
    assert len(told(notifier)) == 2
    assert log(whole)['log']['cmp1']['state'] == 'RUNNING'


def test_the_next_period_is_told_too(whole, notifier, audit, monkeypatch):
    made = server(whole, 1)
    one = usage_audit.UsageAudit('cmp1')
    for begin, end in ((BEGIN, END), (END, END + datetime.timedelta(days=28))):
        monkeypatch.setattr(audit_period, 'last_completed', lambda before=None, found=(begin, end): found)
        one.run(whole.admin)
        one.run(whole.admin)
    assert told(notifier) == [made, made]
