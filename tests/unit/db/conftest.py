# SPDX-License-Identifier: Apache-2.0
"""What the tests of the database share."""
from tests.fixtures.scheduler import fleet  # noqa: F401
