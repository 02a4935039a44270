# SPDX-License-Identifier: Apache-2.0
"""What a host must let in, whom a change concerns, and what the migration makes of servers that exist."""
import uuid

import pytest
import sqlalchemy as sa

from mininova import exception
from mininova.db import group_model, migration, models, security_groups, session
from tests.fixtures.network import PROJECT

TCP = {'protocol': 'tcp', 'from_port': 22, 'to_port': 22, 'cidr': '0.0.0.0/0'}
ANY = {'protocol': None, 'from_port': None, 'to_port': None, 'cidr': None}


@pytest.fixture
def make(database):
    """Function that makes a group and returns its uuid."""
    def do(name, project_id=PROJECT):
        values = {'name': name, 'description': '', 'project_id': project_id, 'user_id': 'u'}
        return security_groups.create(values, -1)['uuid']
    return do


@pytest.fixture
def boot(make_instance, make_network, change_instance):
    """Function that makes a server with groups and an address of its own; returns its uuid."""
    network = make_network()
    numbers = iter(range(3, 99))

    def do(host, *groups, deleted=0):
        made = make_instance(host=host)
        for group in groups:
            security_groups.add_to_instance(group, made)
        with session.writer() as connection:
            connection.execute(models.fixed_ips.update().where(
                models.fixed_ips.c.network_id == network.id,
                models.fixed_ips.c.address == f'10.0.0.{next(numbers)}').values(instance_uuid=made, allocated=True))
        change_instance(made, deleted=deleted)
        return made
    return do


def number(group):
    return security_groups.get(group)['id']


def test_the_model_has_the_groups_of_the_guests_and_the_members_of_their_sources(make, boot):
    web, clients, others = make('web'), make('clients'), make('others')
    security_groups.add_rule(web, None, TCP, -1)
    security_groups.add_rule(web, clients, ANY, -1)
    security_groups.add_rule(others, web, ANY, -1)
    server, client = boot('h1', web), boot('h2', clients, others)
    loner = boot('h1')
    document, digest = group_model.build([loner, server])
    assert dict(document['instances']) == {server: [number(web)], loner: []}
    assert document['groups'] == [[number(web), [{**TCP, 'group_id': None}, {**ANY, 'group_id': number(clients)}]]]
    assert document['members'] == [[number(clients), ['10.0.0.4']]]
    assert group_model.build([server, loner]) == (document, digest)
    boot('h3', clients)
    changed, other_digest = group_model.build([server, loner])
    assert changed['members'] == [[number(clients), ['10.0.0.4', '10.0.0.6']]] and other_digest != digest
    assert group_model.build([]) == ({'instances': [], 'groups': [], 'members': []}, group_model.build([])[1])
    assert client not in str(changed)


def test_an_address_that_is_leaving_its_card_is_nobodys(make, boot):
    web = make('web')
    security_groups.add_rule(web, web, ANY, -1)
    server = boot('h1', web)
    with session.writer() as connection:
        connection.execute(models.fixed_ips.update().where(models.fixed_ips.c.instance_uuid == server).values(
            position=group_model.addresses.LEAVING))
    assert group_model.build([server])[0]['members'] == [[number(web), []]]


def test_a_model_of_very_many_guests(make, boot):
    web = make('web')
    guests = [boot('h1', web) for _number in range(3)]
    unknown = [str(uuid.UUID(int=count)) for count in range(1200)]
    document, _digest = group_model.build([*unknown, *guests])
    assert sum(bool(groups) for _uuid, groups in document['instances']) == 3


def test_whom_a_change_concerns(make, boot):
    web, clients = make('web'), make('clients')
    security_groups.add_rule(web, clients, ANY, -1)
    client = boot('h4', clients)
    for host in ('h2', 'h1', 'h2', None):
        boot(host, web)
    boot('gone', web, deleted=7)
    assert group_model.hosts_of_group(web) == ['h1', 'h2'] and group_model.hosts_of_group(clients) == ['h4']
    assert group_model.hosts_that_admit(client) == group_model.hosts_that_admit('?', clients) == ['h1', 'h2']
    assert group_model.hosts_that_admit(client, web) == group_model.hosts_of_group(str(uuid.uuid4())) == []


def test_a_deleted_server_gets_no_group(make, make_instance):
    web = make('web')
    for server in (make_instance(deleted=3), str(uuid.uuid4())):
        with pytest.raises(exception.InstanceNotFound):
            security_groups.add_to_instance(web, server)
    with pytest.raises(exception.SecurityGroupNotFound):
        security_groups.add_to_instance(str(uuid.uuid4()), make_instance())


def test_a_uuid_counts_more_than_a_name(make):
    web = make('web')
    trap = make(web)
    assert security_groups.find(PROJECT, [web, trap, 'web', 'no'])[web]['uuid'] == web
    assert set(security_groups.find(PROJECT, [web, trap, 'web', 'no'])) == {web, trap, 'web'}


def test_servers_that_exist_get_the_group_default_of_their_project(conf, tmp_path):
    conf.config(group='database', connection=f'sqlite:///{tmp_path}/old.sqlite')
    session.reset()
    try:
        migration.sync('0003')
        with session.writer() as connection:
            for name, project_id, deleted in (('a', 'p1', 0), ('b', 'p1', 0), ('c', 'p2', 0), ('d', 'p3', 4),
                                              ('e', None, 0)):
                connection.execute(sa.text(
                    'INSERT INTO instances (uuid, project_id, deleted) VALUES (:uuid, :project_id, :deleted)'),
                    {'uuid': name, 'project_id': project_id, 'deleted': deleted})
        migration.sync()
        groups = security_groups.list_all(None, 99, 0)
        assert [(group['project_id'], group['name']) for group in groups] == [
            ('', 'default'), ('p1', 'default'), ('p2', 'default')]
        for group in groups:
            rule, = group['rules']
            assert (rule['source_uuid'], rule['protocol'], rule['cidr']) == (group['uuid'], None, None)
        assert security_groups.names_by_instance(list('abcde')) == {name: ['default'] for name in 'abce'}
        security_groups.ensure_default('p1', 'u')
        assert len(security_groups.list_all('p1', 99, 0)) == 1
    finally:
        session.reset()
