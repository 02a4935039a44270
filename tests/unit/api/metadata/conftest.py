# SPDX-License-Identifier: Apache-2.0
"""Tests here ask the metadata application in this process; guests are rows of a real database file."""
from tests.fixtures.network import (  # noqa: F401
    admin,
    change_instance,
    context,
    make_instance,
    make_network,
)
