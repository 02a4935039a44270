# SPDX-License-Identifier: Apache-2.0
"""Security groups on MariaDB: that concurrent changes take turns, SQLite cannot prove.

The tests are those of tests/functional/api/servers.
"""
import pytest

from tests.fixtures.api_client import api, cloud  # noqa: F401
from tests.fixtures.mariadb import mariadb  # noqa: F401
from tests.functional.api.servers.conftest import demo, edge, lab  # noqa: F401
from tests.functional.api.servers.test_security_groups import (  # noqa: F401
    test_a_name_is_given_once_in_a_project,
    test_default_is_made_once_however_many_ask_for_it,
    test_groups_of_others_are_unknown_but_to_administrators,
    test_rules_that_name_a_deleted_group_go_with_it,
    test_the_quota_of_groups_is_exact,
    test_the_quota_of_rules_is_a_groups_and_exact,
)
from tests.functional.api.servers.test_security_groups_of_servers import (  # noqa: F401
    server,
    test_a_group_in_use_is_not_deleted,
    test_a_group_is_not_deleted_under_a_server_that_is_being_made,
    test_a_server_gets_default_or_what_it_asks_for,
    test_groups_come_and_go_and_the_hosts_hear_of_it,
    test_the_hosts_of_those_who_let_in_a_member_hear_of_it,
)
from tests.integration.test_servers_on_mariadb import database_url, tables  # noqa: F401

pytestmark = pytest.mark.needs('mariadb')
