# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 servers for WSGI applications, one for each concurrency mode; used by ``mininova/wsgi.py`` only.

head.py      what is refused before any application sees it, the same in both
green.py     eventlet
threaded.py  native threads; exchange.py is one request and its answer there

green and threaded have ``serve(socket, application, settings) -> handle`` with ``stop()`` and ``wait()``. Only the
one of the mode in use is imported; besides ``concurrency.py`` this is the one place that names a mode.
"""
