# SPDX-License-Identifier: Apache-2.0
"""``openstack`` of python-openstackclient, row by row: its compute commands, and what it offers for all services."""
import pytest

from tests.functional.clients import rows
from tests.functional.clients.openstack_resources import RESOURCES
from tests.functional.clients.openstack_servers import SERVERS

ROWS = RESOURCES + SERVERS
VALUES, IDS = rows.parameters(ROWS, (None, '2.1', '2.37'), brief=('2.90', '2.100'))


@pytest.mark.parametrize('version, row', VALUES, ids=IDS)
def test_openstack(make_story, version, row):
    make_story('openstack', version).run(row)
