# SPDX-License-Identifier: Apache-2.0
"""``nova`` of python-novaclient, row by row, at the first microversion, its own newest and one between them."""
import pytest

from tests.functional.clients import page, rows
from tests.functional.clients.nova_resources import RESOURCES
from tests.functional.clients.nova_servers import DISPENSABLE, SERVERS

VALUES, IDS = rows.parameters(RESOURCES + SERVERS, page.NOVA[:2], page.NOVA[2:], DISPENSABLE, page.ORDINARY)


@pytest.mark.parametrize('version, row', VALUES, ids=IDS)
def test_nova(make_story, version, row):
    make_story('nova', version).run(row)
