# SPDX-License-Identifier: Apache-2.0
"""/os-instance_usage_audit_log: how far the hosts' audits of a period are."""
import datetime

import pytest

from mininova.compute import audit_period
from tests.functional.api import hosts

PATH = '/os-instance_usage_audit_log'
EMPTY = {'hosts_not_run': [], 'log': {}, 'num_hosts': 0, 'num_hosts_done': 0, 'num_hosts_not_run': 0,
         'num_hosts_running': 0, 'overall_status': 'ALL hosts done. 0 errors.', 'total_errors': 0, 'total_instances': 0}


def add(cloud, host, state='DONE', period=None, **values):
    begin, end = period or audit_period.last_completed()
    cloud.insert('task_log', task_name='instance_usage_audit', host=host, state=state, period_beginning=begin,
                 period_ending=end, **{'message': f'{host} ran', 'task_items': 2, 'errors': 0, 'run': 'r', **values})


@pytest.fixture
def computes(cloud):
    for host in ('cmp3', 'cmp1', 'cmp2'):
        hosts.add_service(host)
    hosts.add_service('off', disabled=True)
    hosts.add_service('ctl', 'nova-conductor', 'conductor')


@pytest.mark.parametrize('version', ['2.1', '2.104'])
def test_without_hosts_all_is_done(api, cloud, version):
    found = api.get(PATH, version).json['instance_usage_audit_logs']
    begin, end = audit_period.last_completed()
    assert found == {**EMPTY, 'period_beginning': str(begin), 'period_ending': str(end)}


def test_each_host_is_told_of(api, cloud, computes):
    add(cloud, 'cmp1', errors=1)
    add(cloud, 'cmp2', 'RUNNING', message='Instance usage audit started...', task_items=5)
    found = api.get(PATH).json['instance_usage_audit_logs']
    assert found['log'] == {
        'cmp1': {'state': 'DONE', 'instances': 2, 'errors': 1, 'message': 'cmp1 ran'},
        'cmp2': {'state': 'RUNNING', 'instances': 5, 'errors': 0, 'message': 'Instance usage audit started...'}}
    assert found['hosts_not_run'] == ['cmp3', 'off']
    assert {name: value for name, value in found.items() if name.startswith(('num_', 'total_', 'over'))} == {
        'num_hosts': 4, 'num_hosts_done': 1, 'num_hosts_running': 1, 'num_hosts_not_run': 2, 'total_instances': 7,
        'total_errors': 1, 'overall_status': '1 of 4 hosts done. 1 errors.'}


def test_a_moment_names_the_period_before_it(api, cloud, computes):
    period = datetime.datetime(2020, 2, 1), datetime.datetime(2020, 3, 1)
    add(cloud, 'cmp1', period=period)
    for moment in ('2020-03-15 10:00:00', '2020-03-31%2023:59:59.999999', '2020-04-01 00:00:00'):
        found = api.get(f'{PATH}/{moment}').json['instance_usage_audit_log']
        assert (found['period_beginning'], found['period_ending']) == ('2020-02-01 00:00:00', '2020-03-01 00:00:00')
        assert list(found['log']) == ['cmp1']
    assert api.get(f'{PATH}/2020-04-01 00:00:01').json['instance_usage_audit_log']['log'] == {}


@pytest.mark.parametrize('moment', [
    'now', '2020-03-15', '2020-03-15T10:00:00', '2020-02-30 00:00:00', '0001-01-01 00:00:00', '2020-03-15 10:00:00.',
    'a.b', '9' * 300])
def test_what_is_no_moment_is_a_bad_request(api, cloud, moment):
    answer = api.get(f'{PATH}/{moment}')
    assert answer.status == 400
    assert answer.fault == ('badRequest', f'Invalid timestamp for date {moment[:64]}')


def test_it_is_for_administrators(api, cloud):
    assert api.user('demo').get(PATH).status == 403
    assert api.user('demo').get(f'{PATH}/2020-03-15 10:00:00').status == 403


def test_unknown_keys_of_the_query_are_refused_from_2_102(api, cloud):
    assert [api.get(f'{PATH}?x=1', version).status for version in ('2.1', '2.101', '2.102')] == [200, 200, 400]
