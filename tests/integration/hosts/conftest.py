# SPDX-License-Identifier: Apache-2.0
"""One cluster serves all files of this folder; each leaves it without servers and with all its hosts up."""
from tests.fixtures.cluster import cluster  # noqa: F401
