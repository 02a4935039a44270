# SPDX-License-Identifier: Apache-2.0
"""Guests whose documents are looked at."""
from tests.fixtures.metadata import guest, service  # noqa: F401
from tests.fixtures.vendordata_service import vendor  # noqa: F401
