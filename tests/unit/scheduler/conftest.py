# SPDX-License-Identifier: Apache-2.0
"""What the tests of the scheduler share."""
from tests.fixtures.scheduler import fleet  # noqa: F401
