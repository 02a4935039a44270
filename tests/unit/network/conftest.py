# SPDX-License-Identifier: Apache-2.0
"""Tests here have a real database file and no host."""
from tests.fixtures.network import (  # noqa: F401
    admin,
    change_instance,
    context,
    make_instance,
    make_network,
)
