# SPDX-License-Identifier: Apache-2.0
"""Common to all tests: the concurrency mode is chosen before anything else is imported."""
import mininova.cmd  # noqa: F401  (must come first: it patches the standard library)

pytest_plugins = (
    'tests.plugins.honesty',
    'tests.plugins.logs',
    'tests.plugins.dealing',
    'tests.plugins.thorough',
    'tests.fixtures.base',
    'tests.fixtures.network',
)
