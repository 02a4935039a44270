# SPDX-License-Identifier: Apache-2.0
"""A cloud with one of everything, for requests that a machine makes up."""
from tests.fixtures.api_client import api, cloud  # noqa: F401
from tests.functional.api.servers.conftest import demo, edge, lab  # noqa: F401
