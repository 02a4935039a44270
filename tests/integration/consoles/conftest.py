# SPDX-License-Identifier: Apache-2.0
"""The proxies of tests/functional/console before QEMU's own servers of screens."""
from tests.functional.console.conftest import world  # noqa: F401
