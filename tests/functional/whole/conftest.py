# SPDX-License-Identifier: Apache-2.0
"""The whole cloud in one process."""
from tests.fixtures.api_client import api, cloud  # noqa: F401
from tests.fixtures.cold_moves import clouds  # noqa: F401
from tests.fixtures.notifier import notifier  # noqa: F401
from tests.fixtures.whole_cloud import whole  # noqa: F401
