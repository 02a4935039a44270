# SPDX-License-Identifier: Apache-2.0
"""GET /servers and /servers/detail: filters, order, pages, and what they cost."""
import datetime
import urllib.parse

import pytest
from oslo_utils import uuidutils

from mininova.db import models, session

UNKNOWN = '99999999-9999-4999-8999-999999999999'


def names(answer):
    assert answer.status == 200, answer.body
    return [server['name'] for server in answer.json['servers']]


@pytest.fixture
def fleet(lab, demo):
    """Five servers of one project, a to e, each with something of its own."""
    lab.host()
    lab.flavor('2')
    other_image = lab.image()
    made = {}
    for number, (name, values) in enumerate({
            'a': {}, 'b': {'flavorRef': '2'}, 'c': {'imageRef': other_image},
            'd': {'version': '2.52', 'tags': ['red', 'big']},
            'e': {'version': '2.52', 'tags': ['red'], 'config_drive': True}}.items()):
        made[name] = lab.server(demo, name=name, **values)
        lab.settle(made[name], launched_at=datetime.datetime(2026, 1, 1 + number))
    with session.writer() as connection:
        for number, uuid in enumerate(made.values()):
            connection.execute(models.instances.update().where(models.instances.c.uuid == uuid).values(
                created_at=datetime.datetime(2026, 1, 1 + number), updated_at=datetime.datetime(2026, 2, 1 + number)))
    made['other image'] = other_image
    return made


def test_the_newest_comes_first(fleet, demo):
    assert names(demo.get('/servers')) == list('edcba')
    assert names(demo.get('/servers/detail')) == list('edcba')


def test_others_see_nothing_of_it(fleet, api):
    assert names(api.user('other', 'other').get('/servers')) == []
    assert names(api.get('/servers')) == []


USER_FILTERS = [
    ('name=a', '2.1', 'a'), ('name=A', '2.1', 'a'), ('name=^b$', '2.1', 'b'), ('name=[ab]', '2.1', 'ba'),
    ('name=x', '2.1', ''),
    ('name=^(a|b)$', '2.1', 'ba'), ('flavor=2', '2.1', 'b'), ('flavor=9', '2.1', ''), ('status=ACTIVE', '2.1', 'edcba'),
    ('status=active&status=ERROR', '2.1', 'edcba'), ('status=SHUTOFF', '2.1', ''), ('deleted=True', '2.1', 'edcba'),
    ('changes-since=2026-02-03T00:00:00Z', '2.1', 'edc'), ('changes-since=2026-02-03T02:00:00%2B02:00', '2.1', 'edc'),
    ('changes-before=2026-02-02T00:00:00Z', '2.66', 'ba'), ('changes-before=2026-02-02T00:00:00Z', '2.65', 'edcba'),
    ('tags=red', '2.26', 'ed'), ('tags=red,big', '2.26', 'd'), ('tags-any=big,none', '2.26', 'd'),
    ('not-tags=red,big', '2.26', 'ecba'),
    ('not-tags-any=red,big', '2.26', 'cba'), ('tags=red', '2.25', 'edcba'), ('tags=red&not-tags=big', '2.26', 'e'),
    ('locked=false', '2.73', 'edcba'), ('locked=true', '2.73', ''), ('locked=true', '2.72', 'edcba'),
    ('config_drive=true', '2.83', 'e'), ('config_drive=true', '2.82', 'edcba'), ('vm_state=active', '2.83', 'edcba'),
    ('power_state=1', '2.83', 'edcba'), ('power_state=4', '2.83', ''), ('progress=0', '2.83', 'edcba'),
    ('launched_at=2026-01-03', '2.83', 'c'), ('hostname=^d$', '2.90', 'd'), ('hostname=^d$', '2.89', 'edcba'),
    ('user_id=demo', '2.83', 'edcba'), ('user_id=other', '2.83', ''), ('task_state=spawning', '2.83', ''),
    ('limit=2', '2.1', 'ed'), ('limit=0', '2.1', ''), ('unknown=1', '2.1', 'edcba'), ('host=other', '2.1', 'edcba'),
    ('tenant_id=other', '2.1', 'edcba'), ('project_id=other', '2.1', 'edcba'), ('all_tenants=0', '2.1', 'edcba'),
    ('sort_key=display_name&sort_dir=asc', '2.1', 'abcde'), ('sort_key=display_name', '2.1', 'edcba'),
    ('sort_key=vm_state&sort_key=created_at&sort_dir=asc&sort_dir=asc', '2.1', 'abcde'),
    ('sort_key=memory_mb', '2.1', 'edcba'), ('sort_key=locked&sort_dir=asc', '2.73', 'abcde'),
    ('sort_key=instance_type_id&sort_dir=desc', '2.1', 'bedca')]


def test_filters_and_order_for_users(fleet, demo):
    for query, version, found in USER_FILTERS:
        assert names(demo.get(f'/servers?{query}', version)) == list(found), (query, version)
        assert names(demo.get(f'/servers/detail?{query}', version)) == list(found), (query, version)


def test_the_image_filter_takes_id_or_link(fleet, demo):
    for value in (fleet['other image'], f'http://localhost/images/{fleet["other image"]}'):
        assert names(demo.get(f'/servers?image={urllib.parse.quote(value)}')) == ['c']


ADMIN_FILTERS = [
    ('host=cmp1', 'edcba'), ('host=cmp2', ''), ('node=cmp1.lab', 'edcba'), ('user_id=demo', 'edcba'), ('uuid=x', ''),
    ('project_id=demo-project', 'edcba'), ('tenant_id=demo-project', 'edcba'), ('tenant_id=other', ''),
    ('key_name=x', ''),
    ('launch_index=0', 'edcba'), ('created_at=2026-01-02', 'b'), ('description=b', 'b'), ('display_description=b', 'b'),
    ('auto_disk_config=false', 'edcba'), ('soft_deleted=true', 'edcba'), ('deleted=False', 'edcba'),
    ('deleted=True', '')]


def test_filters_for_administrators(fleet, api):
    for query, found in ADMIN_FILTERS:
        assert names(api.get(f'/servers?all_tenants=1&{query}')) == list(found), query


REFUSED = [
    ('limit=x', '2.1', 'limit'), ('limit=-1', '2.1', 'limit'), (f'marker={UNKNOWN}', '2.1', UNKNOWN),
    ('marker=x', '2.1', 'x'),
    ('status=odd', '2.38', 'Invalid status value'), ('changes-since=x', '2.1', 'changes-since'),
    ('changes-since=2026-02-03T00:00:00Z&changes-before=2026-02-02T00:00:00Z', '2.66', 'less than or equal'),
    ('unknown=1', '2.75', "'unknown' does not match"), ('sort_key=memory_mb', '2.75', 'sort_key'),
    ('sort_key=odd', '2.1', 'sort_key'),
    ('sort_dir=up', '2.1', 'asc or desc'), ('name=[', '2.1', 'name'), ('name=(a%2B)%2B', '2.1', 'complicated'),
    ('name=' + 'x' * 256, '2.1', 'longer'), ('name=a*b*c*d*', '2.1', 'complicated'), ('locked=maybe', '2.73', 'maybe'),
    ('_secret=1', '2.1', None), ('power_state=x', '2.83', 'power_state'), ('name=%ff', '2.1', 'UTF-8')]


def test_values_that_are_refused(fleet, demo):
    for query, version, text in REFUSED:
        answer = demo.get(f'/servers?{query}', version)
        if text is None:
            assert answer.status == 200, query
        else:
            name, said = answer.fault
            assert name == 'badRequest' and text in said, query


@pytest.mark.parametrize('query', ['metadata=x', '_secret=1', 'services=x'])
def test_filters_that_reach_into_other_tables(fleet, api, query):
    assert 'Invalid filter field' in api.get(f'/servers?{query}').fault[1]


def test_an_unknown_status_finds_nothing_below_2_38(fleet, demo):
    assert names(demo.get('/servers?status=odd', '2.37')) == []


def test_filters_by_address(fleet, demo, lab):
    def info(address, version):
        return [{'address': 'fa:16:3e:00:00:01', 'network': {'label': 'private', 'subnets': [
            {'ips': [{'address': address, 'version': version}]}]}}]
    lab.settle(fleet['a'], network_info=info('10.0.0.3', 4))
    lab.settle(fleet['b'], network_info=info('10.0.0.30', 4))
    lab.settle(fleet['c'], network_info=info('fd00::3', 6))
    assert names(demo.get('/servers?ip=10.0.0.3')) == ['b', 'a']
    assert names(demo.get('/servers?ip=^10.0.0.3$')) == ['a']
    assert names(demo.get('/servers?ip=10.0&limit=1')) == ['b']
    assert names(demo.get('/servers?ip=3', '2.5')) == ['b', 'a']
    assert names(demo.get('/servers?ip6=fd00', '2.5')) == ['c']
    assert names(demo.get('/servers?ip6=fd00', '2.4')) == list('edcba')


def test_pages_lead_through_all_servers(fleet, demo):
    seen, path = [], '/servers?limit=2&sort_key=display_name&sort_dir=asc&name=[a-e]'
    while path:
        answer = demo.get(path).json
        seen += [server['name'] for server in answer['servers']]
        links = answer.get('servers_links')
        path = links and links[0]['href'].removeprefix('http://localhost/v2.1')
        assert not links or ('marker=' in path and 'name=' in path and links[0]['rel'] == 'next')
    assert seen == list('abcde')


def test_the_next_link_of_details_stays_with_details(fleet, demo):
    href = demo.get('/servers/detail?limit=1').json['servers_links'][0]['href']
    assert href == f'http://localhost/v2.1/servers/detail?limit=1&marker={fleet["e"]}'


def test_pages_are_cut_to_the_configured_length(fleet, demo, conf):
    conf.config(group='api', max_limit=3)
    answer = demo.get('/servers?limit=100')
    assert names(answer) == list('edc') and 'servers_links' in answer.json


def test_pages_with_nulls_in_the_sort_column(fleet, demo, lab):
    lab.settle(fleet['b'], availability_zone='east')
    seen, marker = [], ''
    for _ in range(6):
        servers = demo.get(f'/servers?limit=1&sort_key=availability_zone&sort_dir=asc{marker}').json['servers']
        seen += [server['name'] for server in servers]
        marker = f'&marker={servers[0]["id"]}' if servers else marker
    assert seen[0] == 'b' and sorted(seen) == list('abcde')


def test_deleted_servers_are_for_administrators_and_changes(fleet, demo, api, lab):
    lab.instance(fleet['a']).destroy()
    assert 'a' not in names(demo.get('/servers'))
    assert 'a' not in names(demo.get('/servers?deleted=True'))
    assert names(api.get('/servers?all_tenants=1&deleted=True')) == ['a']
    assert 'a' in names(demo.get('/servers?changes-since=2026-01-01T00:00:00Z'))
    deleted = [server for server in demo.get('/servers/detail?changes-since=2026-01-01T00:00:00Z').json['servers']
               if server['name'] == 'a']
    assert deleted[0]['status'] == 'DELETED' and deleted[0]['OS-SRV-USG:terminated_at']
    assert demo.get('/servers?status=DELETED').fault == ('forbidden', 'Only administrators may list deleted instances')
    assert names(api.get('/servers?all_tenants=1&status=DELETED')) == ['a']
    assert demo.get(f'/servers/{fleet["a"]}').status == 404
    stranger = api.user('other', 'other')
    assert stranger.get(f'/servers?marker={fleet["a"]}').status == 400
    assert names(stranger.get('/servers?changes-since=2026-01-01T00:00:00Z')) == []
    assert names(demo.get(f'/servers?marker={fleet["a"]}')) == []


def test_all_tenants_is_for_administrators(fleet, demo, api):
    assert demo.get('/servers?all_tenants=1').fault == (
        'forbidden', "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed.")
    assert demo.get('/servers/detail?all_tenants=1').status == 403
    assert names(api.get('/servers?all_tenants')) == list('edcba')
    assert names(api.get('/servers?all_tenants=no')) == []
    assert api.get('/servers?all_tenants=maybe').status == 400


def test_sorting_by_host_is_for_administrators(fleet, demo, api):
    assert demo.get('/servers?sort_key=host').fault == ('forbidden', 'Only administrators can sort servers by host')
    assert len(names(api.get('/servers?sort_key=host&all_tenants=1'))) == 5


def test_the_name_filter_is_not_a_pattern_where_it_is_none(lab, demo):
    for name in ('100%', '100x', 'a_b', 'axb'):
        lab.server(demo, name=name)
    assert names(demo.get('/servers?name=100%25')) == ['100%']
    assert names(demo.get('/servers?name=a_b')) == ['a_b']


# -- what it costs ---------------------------------------------------------------------------


def fill(count):
    """Write servers straight into the database."""
    info = [{'address': 'fa:16:3e:00:00:01', 'network': {'label': 'private', 'subnets': [
        {'ips': [{'address': '10.0.0.3', 'version': 4, 'type': 'fixed'}]}]}}]
    now = datetime.datetime(2026, 1, 1)
    rows = [{'uuid': uuidutils.generate_uuid(), 'project_id': 'demo-project', 'user_id': 'demo',
             'display_name': f'vm{number}',
             'vm_state': 'error' if number % 50 == 0 else 'active', 'host': f'cmp{number % 10}', 'image_ref': UNKNOWN,
             'power_state': 1, 'created_at': now + datetime.timedelta(seconds=number), 'updated_at': now,
             'launched_at': now,
             'flavorid': '1', 'network_info': info, 'system_metadata': {'image_min_ram': '0',
                                                                        'image_disk_format': 'qcow2'},
             'flavor': {'flavorid': '1', 'name': 'm1', 'memory_mb': 512, 'vcpus': 1, 'root_gb': 1, 'ephemeral_gb': 0,
                        'swap': 0, 'extra_specs': {}}} for number in range(count)]
    with session.writer() as connection:
        connection.execute(models.instances.insert(), rows)
        connection.execute(models.instance_metadata.insert(), [
            {'instance_uuid': row['uuid'], 'key': 'a', 'value': 'b'} for row in rows])
        connection.execute(models.request_specs.insert(), [
            {'instance_uuid': row['uuid'], 'spec': {'availability_zone': None, 'scheduler_hints': {}}} for row in rows])
        connection.execute(models.instance_faults.insert(), [
            {'instance_uuid': row['uuid'], 'code': 500, 'message': 'x', 'created_at': now} for row in rows
            if row['vm_state'] == 'error'])


@pytest.mark.parametrize('version, most', [('2.1', 5), ('2.26', 6), ('2.104', 7)])
def test_the_number_of_statements_does_not_grow_with_the_list(cloud, demo, api, version, most):
    counts = []
    for more in (1, 9, 990):
        fill(more)
        with cloud.statements() as statements:
            answer = demo.get('/servers/detail?limit=1000', version)
        assert answer.status == 200
        counts.append(len(statements))
        with cloud.statements() as statements:
            assert api.get('/servers/detail?limit=1000&all_tenants=1', version).status == 200
        assert len(statements) <= most + 1, statements
    assert len(answer.json['servers']) == 1000
    assert counts[1] == counts[2] <= most, counts


def test_names_cost_one_statement(cloud, demo):
    fill(300)
    with cloud.statements() as statements:
        assert len(demo.get('/servers').json['servers']) == 300
    assert len(statements) == 1
    assert 'user_data' not in statements[0] and 'flavor' not in statements[0]


def test_a_list_by_address_costs_two_statements_more_at_most(cloud, demo):
    fill(1000)
    with cloud.statements() as statements:
        assert len(demo.get('/servers/detail?ip=10.0.0').json['servers']) == 1000
    assert len(statements) <= 6


def test_user_data_is_not_read_for_those_who_do_not_see_it(cloud, demo, api):
    fill(1)
    for client, reads in ((demo, False), (api, True)):
        with cloud.statements() as statements:
            client.get('/servers/detail?all_tenants=1' if reads else '/servers/detail', '2.104')
        assert ('user_data' in statements[0]) == reads
