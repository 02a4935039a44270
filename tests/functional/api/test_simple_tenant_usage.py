# SPDX-License-Identifier: Apache-2.0
"""/os-simple-tenant-usage over its whole range of versions."""
import datetime

import pytest
from oslo_utils import timeutils

from tests.functional.api import hosts

PATH = '/os-simple-tenant-usage'
PERIOD = 'start=2026-01-01T00:00:00&end=2026-01-02T00:00:00'
DAY = datetime.datetime(2026, 1, 1)


def hours(number):
    return DAY + datetime.timedelta(hours=number)


@pytest.fixture
def ran(cloud):
    """Function that writes a server of demo that ran between two hours of the first day of 2026; returns its uuid."""
    def do(begin, end=None, **values):
        values = {'project_id': 'demo', 'launched_at': hours(begin), 'display_name': 'vm', 'vm_state': 'active',
                  'vcpus': 2, 'memory_mb': 512, 'root_gb': 3, 'ephemeral_gb': 1, 'flavor': {'name': 'm1.small'},
                  **values}
        if end is not None:
            values |= {'terminated_at': hours(end), 'deleted': 7, 'vm_state': 'deleted'}
        return hosts.add_server(cloud, 'cmp1', **values)[1]
    return do


def show(client, version=None, query=PERIOD):
    answer = client.get(f'{PATH}/demo?{query}', version)
    assert answer.status == 200, answer.body
    return answer.json['tenant_usage']


def test_everything_of_a_project_is_shown(api, ran):
    server = ran(6, 12.5)
    shown = show(api)
    assert shown == {
        'tenant_id': 'demo', 'total_hours': 6.5, 'total_vcpus_usage': 13.0, 'total_memory_mb_usage': 3328.0,
        'total_local_gb_usage': 26.0, 'start': '2026-01-01T00:00:00.000000', 'stop': '2026-01-02T00:00:00.000000',
        'server_usages': [{
            'instance_id': server, 'name': 'vm', 'tenant_id': 'demo', 'flavor': 'm1.small', 'hours': 6.5,
            'started_at': '2026-01-01T06:00:00.000000', 'ended_at': '2026-01-01T12:30:00.000000', 'memory_mb': 512,
            'local_gb': 4, 'vcpus': 2, 'state': 'terminated', 'uptime': 23400}]}
    summary = {name: value for name, value in shown.items() if name != 'server_usages'}
    assert api.get(f'{PATH}?{PERIOD}').json == {'tenant_usages': [summary]}
    assert api.get(f'{PATH}?{PERIOD}&detailed=1').json == {'tenant_usages': [shown]}


@pytest.mark.parametrize('begin, end, counted', [
    (-5, -1, None), (-5, 0, None), (-5, 3, 3), (-5, None, 24), (20, None, 4), (20, 30, 4), (23, 24, 1), (24, 30, None),
    (25, None, None), (-5, 30, 24), (4, 4, 0)])
def test_what_lies_in_the_period_counts(api, ran, begin, end, counted):
    ran(begin, end)
    shown = show(api)
    assert shown.get('total_hours') == counted
    assert bool(shown) == (counted is not None)


def test_a_server_that_never_ran_does_not_count(api, ran):
    ran(5, launched_at=None)
    assert show(api) == {}


def test_a_running_one_is_as_old_as_it_is(api, ran):
    started = timeutils.utcnow() - datetime.timedelta(hours=2)
    ran(0, launched_at=started)
    server, = show(api, query='')['server_usages']
    assert (server['state'], server['ended_at']) == ('active', None)
    assert abs(server['uptime'] - 7200) < 60 and abs(server['hours'] - 2) < 0.1


def test_the_last_four_weeks_are_meant_where_nothing_is_said(api, ran):
    ran(0, launched_at=timeutils.utcnow() - datetime.timedelta(weeks=9))
    assert abs(show(api, query='')['total_hours'] - 4 * 7 * 24) < 0.1


def test_pages_of_servers_from_2_40(api, ran):
    for project in ('demo', 'demo', 'demo', 'other', 'other'):
        ran(1, 2, project_id=project)
    assert len(show(api, '2.39', f'{PERIOD}&limit=1')['server_usages']) == 3
    seen, query = [], f'{PERIOD}&detailed=1&limit=2'
    while query:
        page = api.get(f'{PATH}?{query}', '2.40').json
        for project in page['tenant_usages']:
            seen += [(project['tenant_id'], server['instance_id']) for server in project['server_usages']]
        links = page.get('tenant_usages_links')
        query = links[0]['href'].partition('?')[2] if links else None
        assert not links or PATH in links[0]['href']
    assert len(set(seen)) == len(seen) == 5 and seen == sorted(seen)
    one = api.get(f'{PATH}/demo?{PERIOD}&limit=2', '2.40').json
    assert len(one['tenant_usage']['server_usages']) == 2 and f'{PATH}/demo?' in one['tenant_usage_links'][0]['href']
    assert api.get(f'{PATH}?limit=2&marker=unknown', '2.40').status == 400
    assert api.get(f'{PATH}?{PERIOD}&limit=0', '2.40').json['tenant_usages'] == []


@pytest.mark.parametrize('query, status', [
    ('start=2026-01-01T00:00:00.5', 200), ('start=2026-01-01%2000:00:00.5', 200), ('start=yesterday', 400),
    ('end=2026-13-01T00:00:00', 400), ('start=2026-01-02T00:00:00&end=2026-01-01T00:00:00', 400),
    ('start=2026-01-02T00:00:00&end=2026-01-02T00:00:00', 400), ('start=9999-01-01T00:00:00', 400), ('start=', 400)])
def test_times(api, query, status):
    assert api.get(f'{PATH}?{query}').status == status
    assert api.get(f'{PATH}/demo?{query}').status == status


def test_a_list_takes_one_statement(api, cloud, ran):
    for number in range(4):
        ran(1, 2, project_id=f'p{number}')
    with cloud.statements() as statements:
        assert len(api.get(f'{PATH}?{PERIOD}&detailed=1').json['tenant_usages']) == 4
    assert len(statements) == 1


def test_queries_are_closed_at_2_75(api):
    for path in (PATH, f'{PATH}/demo'):
        assert api.get(f'{path}?colour=red', '2.74').status == 200
        assert api.get(f'{path}?colour=red', '2.75').status == 400


def test_users_see_their_own(api, ran):
    ran(1, 2)
    demo = api.user('demo')
    assert show(demo)['total_hours'] == 1
    assert demo.get(f'{PATH}/other').status == demo.get(PATH).status == 403
