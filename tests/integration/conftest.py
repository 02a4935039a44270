# SPDX-License-Identifier: Apache-2.0
"""Integration tests use the real thing; ``@pytest.mark.needs(...)`` says which."""
import pytest

from tests.fixtures.mariadb import mariadb  # noqa: F401
from tests.fixtures.rabbit import broker  # noqa: F401
from tests.fixtures.services import lab  # noqa: F401


def pytest_collection_modifyitems(items):
    """Starting processes on a busy machine takes its time."""
    for item in items:
        if 'integration' in item.path.parts and not item.get_closest_marker('timeout'):
            item.add_marker(pytest.mark.timeout(300))
