# SPDX-License-Identifier: Apache-2.0
"""Floating addresses on MariaDB: whose turn it is when several change the same ones, which SQLite cannot prove."""
import threading

import pytest
import sqlalchemy as sa

from mininova import exception, objects
from mininova.db import floating_ips, models, session
from tests.fixtures.api_client import api, cloud  # noqa: F401
from tests.fixtures.mariadb import mariadb  # noqa: F401
from tests.functional.api.test_floating_ips import (  # noqa: F401
    add_server,
    automatic,
    demo,
    pool,
    test_a_released_address_leads_nowhere,
    test_a_server_may_have_several,
    test_a_server_that_loses_its_addresses_keeps_no_floating_ones,
    test_an_address_leads_to_a_server_and_no_longer,
    test_an_associated_address_moves_to_another_server,
    test_an_automatic_address_goes_with_its_server,
    test_an_automatic_address_is_the_servers_and_not_the_projects,
    test_many_at_once_get_neither_more_than_the_quota_nor_than_there_are,
    test_odd_ids_are_not_found,
    test_the_quota_counts_and_is_shown,
    test_two_at_once_leave_one_owner,
    test_what_a_host_writes_late_does_not_hide_an_address,
    told,
)

pytestmark = pytest.mark.needs('mariadb')

PROJECT = 'a' * 32


@pytest.fixture(scope='module')
def tables(mariadb):  # noqa: F811
    """One database for all tests of this module."""
    url = mariadb.new_database()
    engine = sa.create_engine(url)
    models.metadata.create_all(engine)
    yield url, engine
    engine.dispose()


@pytest.fixture
def database_url(tables):
    """The database, emptied."""
    url, engine = tables
    with engine.begin() as connection:
        for table in models.metadata.tables.values():
            connection.execute(sa.delete(table))
    return url


def together(functions):
    """Run functions at the same moment and return what went wrong."""
    start, errors = threading.Barrier(len(functions)), []

    def work(function):
        start.wait()
        try:
            function()
        except Exception as error:
            errors.append(error)
    threads = [threading.Thread(target=work, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


@pytest.fixture
def servers(context, database, make_network, make_instance):
    """Four servers with 10.0.0.3 and up, and the project's address 192.0.2.1."""
    make_network()
    objects.FloatingIPList.create(context, ['192.0.2.1', '192.0.2.2'], 'nova')
    objects.FloatingIP.allocate(context, 'nova', -1)
    made = [make_instance(host='h1', network_info=[]) for _number in range(4)]
    for uuid in made:
        objects.VirtualInterfaceList.allocate(context, uuid, PROJECT, 'h1', None)
    return made


def fixed_address(context, uuid):
    return objects.VirtualInterfaceList.get_wiring(context, uuid)[0]['address']


def broken():
    return floating_ips.list_broken()


@pytest.mark.parametrize('_round', range(5))
def test_an_association_and_the_end_of_its_server_leave_no_loose_end(context, servers, _round):
    wishes = [(uuid, fixed_address(context, uuid)) for uuid in servers]
    errors = together(
        [lambda uuid=uuid, fixed=fixed: objects.FloatingIP.associate(context, '192.0.2.1', fixed, uuid)
         for uuid, fixed in wishes]
        + [lambda uuid=uuid: objects.VirtualInterfaceList.deallocate(context, uuid) for uuid in servers[:3]])
    assert all(isinstance(error, exception.FixedIpNotFoundForInstance) for error in errors), errors
    assert broken() == []
    found = objects.FloatingIP.get_by_address(context, '192.0.2.1')
    assert found.instance_uuid in (None, servers[3])


@pytest.mark.parametrize('_round', range(5))
def test_a_deleted_server_and_an_association_at_once(context, servers, _round):
    uuid, fixed = servers[0], fixed_address(context, servers[0])
    errors = together([lambda: objects.FloatingIP.associate(context, '192.0.2.1', fixed, uuid),
                       lambda: objects.Instance.get_by_uuid(context, uuid).destroy()])
    assert all(isinstance(error, exception.InstanceNotFound) for error in errors), errors
    assert objects.FloatingIP.get_by_address(context, '192.0.2.1').instance_uuid is None


@pytest.mark.parametrize('_round', range(3))
def test_release_allocation_and_association_at_once_agree(context, servers, _round):
    address = objects.FloatingIP.get_by_address(context, '192.0.2.1')
    fixed = fixed_address(context, servers[0])
    together([lambda: objects.FloatingIP.release(context, address.uuid),
              lambda: objects.FloatingIP.release(context, address.uuid),
              lambda: objects.FloatingIP.associate(context, '192.0.2.1', fixed, servers[0]),
              lambda: objects.FloatingIP.allocate(context, 'nova', -1)])
    with session.reader() as connection:
        rows = connection.execute(sa.select(models.floating_ips)).all()
    assert broken() == []
    assert all(row.project_id or row.fixed_ip_id is None for row in rows)
