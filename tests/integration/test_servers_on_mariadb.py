# SPDX-License-Identifier: Apache-2.0
"""The servers of the API on MariaDB: what SQLite cannot prove.

Regular expressions, tags and order are the database's business; so is that concurrent creates, deletes and changes
take turns. The tests are those of tests/functional/api/servers.
"""
import pytest
import sqlalchemy as sa

from mininova.db import models
from tests.fixtures.api_client import api, cloud  # noqa: F401
from tests.fixtures.mariadb import mariadb  # noqa: F401
from tests.functional.api.servers.conftest import demo, edge, lab  # noqa: F401
from tests.functional.api.servers.test_create import (  # noqa: F401
    test_all_properties_of_a_request_arrive,
    test_long_names_of_several_servers_still_fit,
)
from tests.functional.api.servers.test_delete import (  # noqa: F401
    test_a_host_found_while_deleting_is_told,
    test_a_server_that_a_living_conductor_schedules_is_left_to_it,
    test_ten_deletes_at_once_are_one_action,
    test_ten_deletes_of_an_unscheduled_server,
)
from tests.functional.api.servers.test_guest_actions import (  # noqa: F401
    server,
    test_a_lock_disturbs_nothing_that_is_under_way,
    test_a_lock_is_recorded_as_an_action_that_is_over,
    test_a_reason_is_kept_with_the_lock,
    test_locked_servers_can_be_listed,
    test_reset_state_closes_what_was_under_way,
    test_the_encrypted_password_is_shown_and_cleared,
)
from tests.functional.api.servers.test_list import (  # noqa: F401
    fleet,
    test_deleted_servers_are_for_administrators_and_changes,
    test_filters_and_order_for_users,
    test_filters_by_address,
    test_filters_for_administrators,
    test_pages_lead_through_all_servers,
    test_pages_with_nulls_in_the_sort_column,
    test_the_name_filter_is_not_a_pattern_where_it_is_none,
    test_values_that_are_refused,
)
from tests.functional.api.servers.test_metadata import (  # noqa: F401
    path,
    test_changes_at_the_same_time_are_all_kept,
    test_keys_differ_by_case,
)
from tests.functional.api.servers.test_quota_race import (  # noqa: F401
    test_of_fifty_creates_exactly_ten_succeed,
    test_the_scarcest_resource_decides_and_several_at_once_share_it,
)

pytestmark = pytest.mark.needs('mariadb')


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


def test_a_pattern_that_only_python_understands_is_a_bad_request(fleet, demo):  # noqa: F811
    assert demo.get('/servers?name=[[:nothing:]]').fault == (
        'badRequest', 'Invalid input received: a regular expression among the filters is not understood')
