# SPDX-License-Identifier: Apache-2.0
"""Hosts and guests as namespaces, and the network of most tests; see network_lab.py."""
import contextlib

import pytest

from tests.fixtures.metadata import guest  # noqa: F401
from tests.integration.network_lab import Lab


@pytest.fixture
def lab(database, database_url):
    """Hosts and guests around the test's database."""
    with contextlib.closing(Lab(database_url)) as made:
        yield made


@pytest.fixture
def private(lab, make_network):
    """The network of most tests: 10.0.0.0/24 at br100."""
    network = make_network(mtu=1400)
    lab.networks['br100'] = network.uuid
    return network
