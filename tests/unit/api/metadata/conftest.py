# SPDX-License-Identifier: Apache-2.0
"""The metadata service and its guests."""
from tests.fixtures.metadata import guest, proxied, service  # noqa: F401
