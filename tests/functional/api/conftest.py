# SPDX-License-Identifier: Apache-2.0
"""Tests here go through HTTP into the whole API; nothing behind it is replaced."""
from tests.fixtures.api_client import api, cloud  # noqa: F401
