# SPDX-License-Identifier: Apache-2.0
"""``@pytest.mark.thorough``: a variant of another test that takes long, for ``./run_tests.sh --thorough`` only."""
import os

import pytest

WANTED = bool(os.environ.get('MININOVA_THOROUGH'))


def pytest_configure(config):
    config.addinivalue_line('markers', 'thorough: for ./run_tests.sh --thorough, which sets MININOVA_THOROUGH')


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    if not WANTED:
        items[:] = [item for item in items if not item.get_closest_marker('thorough')]
