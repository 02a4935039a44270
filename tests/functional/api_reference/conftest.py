# SPDX-License-Identifier: Apache-2.0
"""An API with one of everything behind it; conductor and compute answer at the edge of RPC."""
import difflib
import os
import pathlib

import pytest

from tests.fixtures.api_client import api, cloud  # noqa: F401
from tests.functional.api.servers.conftest import demo, edge, lab  # noqa: F401
from tests.functional.api_reference import world as worlds

PAGES = pathlib.Path(__file__).parents[3] / 'doc' / 'source' / 'api'


@pytest.fixture
def world(api, cloud, demo, lab, edge):  # noqa: F811
    return worlds.World(api, cloud, lab, edge)


@pytest.fixture
def page():
    """Return function(name, text) that compares a page of doc/source/api, or writes it where that is asked for."""
    def compare(name, text):
        if os.environ.get('MININOVA_WRITE_DOCS'):
            PAGES.mkdir(exist_ok=True)
            (PAGES / name).write_text(text)
        old = (PAGES / name).read_text() if (PAGES / name).exists() else ''
        changes = list(difflib.unified_diff(old.splitlines(), text.splitlines(), name, 'now', lineterm='', n=1))
        assert not changes, 'run tools/generate_api_reference.sh:\n' + '\n'.join(changes[:40])
    return compare
