# SPDX-License-Identifier: Apache-2.0
"""``nova`` of python-novaclient, row by row, at the first microversion, a middle one and its own newest."""
import pytest

from tests.functional.clients import page, rows
from tests.functional.clients.nova_resources import RESOURCES
from tests.functional.clients.nova_servers import SERVERS

VALUES, IDS = rows.parameters(RESOURCES + SERVERS, page.NOVA)


@pytest.mark.parametrize('version, row', VALUES, ids=IDS)
def test_nova(make_story, version, row):
    make_story('nova', version).run(row)
