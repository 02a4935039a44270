# SPDX-License-Identifier: Apache-2.0
"""Floor of answering: eventlet's WSGI server in some processes, one JSON of some size, no framework at all.

Run by bench_flavors: python -m benchmarks.floor_hello PORT BYTES WORKERS
"""
from benchmarks import patched  # noqa: F401  (first: it patches the standard library)

# isort: split
import os
import sys

import eventlet
import eventlet.wsgi


def main():
    port, size, workers = (int(word) for word in sys.argv[1:])
    body = b'{"hello": "' + b'x' * (size - 13) + b'"}'
    listening = eventlet.listen(('127.0.0.1', port), backlog=128)
    if any(os.fork() == 0 for _ in range(workers - 1)):
        eventlet.hubs.use_hub()

    def hello(environ, start_response):
        start_response('200 OK', [('Content-Type', 'application/json'), ('Content-Length', str(len(body)))])
        return [body]

    print('ready', flush=True)
    eventlet.wsgi.server(listening, hello, log_output=False)


if __name__ == '__main__':
    main()
