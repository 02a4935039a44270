# SPDX-License-Identifier: Apache-2.0
"""``openstack`` of python-openstackclient, row by row: its compute commands, and what it offers for all services."""
import pytest

from tests.functional.clients import page, rows
from tests.functional.clients.openstack_resources import RESOURCES
from tests.functional.clients.openstack_servers import DISPENSABLE, SERVERS

VALUES, IDS = rows.parameters(RESOURCES + SERVERS, page.OPENSTACK[:2], page.OPENSTACK[2:], DISPENSABLE,
                              page.ORDINARY)
USED = {}


@pytest.mark.parametrize('version, row', VALUES, ids=IDS)
def test_openstack(make_story, version, row):
    sent = make_story('openstack', version).run(row)
    if sent and version is row.version is None:
        newest = max(filter(None, sent), key=rows.number, default='-')
        command = rows.command_of(row, page.openstack_commands())
        USED[command] = max(USED.get(command, '-'), newest, key=lambda had: (0,) if had == '-' else rows.number(had))


def test_the_page_tells_what_the_client_sends_by_itself():
    """Of those commands that were run."""
    written = page.read_table('openstack')
    assert {command: columns[0] for command, columns in written.items() if command in USED} == USED
