# SPDX-License-Identifier: Apache-2.0
"""/os-availability-zone."""
from tests.functional.api import hosts

PATH = '/os-availability-zone'


def test_users_see_zones_without_hosts(api, cloud):
    hosts.add_service('ctl', 'nova-conductor', 'conductor')
    hosts.add_service('cmp1')
    hosts.add_service('cmp2', disabled=True)
    hosts.add_zone(cloud, 'east', 'cmp2')
    assert api.user('demo').get(PATH, '2.104').json == {'availabilityZoneInfo': [
        {'zoneName': 'nova', 'zoneState': {'available': True}, 'hosts': None},
        {'zoneName': 'east', 'zoneState': {'available': False}, 'hosts': None}]}


def test_administrators_see_what_is_in_them(api, cloud):
    hosts.add_service('ctl', 'nova-conductor', 'conductor')
    hosts.add_service('ctl', 'nova-scheduler', 'scheduler', age=120)
    hosts.add_service('cmp1')
    hosts.add_service('cmp2', forced_down=True)
    hosts.add_service('cmp3', disabled=True)
    hosts.add_zone(cloud, 'east', 'cmp2', 'cmp3')
    zones = {zone['zoneName']: zone for zone in api.get(f'{PATH}/detail').json['availabilityZoneInfo']}
    assert sorted(zones) == ['east', 'internal', 'nova']
    assert {zone['zoneState']['available'] for zone in zones.values()} == {True}
    assert set(zones['internal']['hosts']['ctl']) == {'nova-conductor', 'nova-scheduler'}
    assert zones['internal']['hosts']['ctl']['nova-scheduler']['available'] is False
    state = zones['nova']['hosts']['cmp1']['nova-compute']
    assert (state['available'], state['active'], len(state['updated_at'])) == (True, True, 26)
    assert set(zones['east']['hosts']) == {'cmp2'}
    assert zones['east']['hosts']['cmp2']['nova-compute']['available'] is False


def test_a_zone_with_disabled_hosts_only_has_no_hosts(api, cloud):
    hosts.add_service('cmp1', disabled=True)
    assert api.get(f'{PATH}/detail').json['availabilityZoneInfo'] == [
        {'zoneName': 'nova', 'zoneState': {'available': False}, 'hosts': None}]


def test_an_empty_cloud_has_no_zones(api):
    assert api.get(PATH).json == {'availabilityZoneInfo': []}
    assert api.get(f'{PATH}/detail').json == {'availabilityZoneInfo': []}


def test_details_are_for_administrators(api):
    assert api.user('demo').get(f'{PATH}/detail').status == 403


def test_the_names_of_the_zones_are_configured(api, cloud):
    cloud.conf(default_availability_zone='here', internal_service_availability_zone='hidden')
    hosts.add_service('ctl', 'nova-conductor', 'conductor')
    hosts.add_service('cmp1')
    assert [zone['zoneName'] for zone in api.get(PATH).json['availabilityZoneInfo']] == ['here']


def test_queries_are_closed_at_2_102(api):
    for path in (PATH, f'{PATH}/detail'):
        assert api.get(f'{path}?x=1', '2.101').status == 200
        assert api.get(f'{path}?x=1', '2.102').status == 400


def test_it_costs_the_same_statements_whatever_there_is(api, cloud):
    counts = set()
    for number in range(4):
        hosts.add_service(f'cmp{number}')
        hosts.add_zone(cloud, f'z{number}', f'cmp{number}')
        with cloud.statements() as sent:
            api.get(f'{PATH}/detail')
        counts.add(len(sent))
    assert counts == {2}
