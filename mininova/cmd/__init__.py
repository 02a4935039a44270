# SPDX-License-Identifier: Apache-2.0
"""One module with a ``main()`` per console script.

Importing this package chooses the concurrency mode before any other import: the monkey patch
happens here and nowhere else.
"""
from mininova import concurrency

concurrency.choose()
concurrency.init_service_backend()
