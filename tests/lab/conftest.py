# SPDX-License-Identifier: Apache-2.0
"""A lab on a machine of its own; ``./run_tests.sh lab`` runs it."""
