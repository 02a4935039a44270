# SPDX-License-Identifier: Apache-2.0
"""Run as a program: a real ``wsgi.Server`` around the machinery's API, in the mode that the environment says.

Prints its port; SIGTERM stops it like a launcher does, and then it prints how long that took.
"""
import json
import os
import signal
import sys
import time

import pytest

import mininova.cmd  # noqa: F401  (chooses the concurrency mode before anything else)
from mininova import concurrency, wsgi
from tests.functional.api_machinery import widgets


def slow(application):
    """Add /sleep/SECONDS, which answers late, and /stream, which does not know its length."""
    def answer(environ, start_response):
        path = environ['PATH_INFO']
        if path.startswith('/sleep/'):
            concurrency.sleep(float(path.rpartition('/')[2]))
            start_response('200 OK', [('Content-Type', 'text/plain')])
            return [b'slept']
        if path == '/stream':
            start_response('200 OK', [('Content-Type', 'text/plain')])
            return (part for part in (b'one', b'', b'two'))
        if path == '/broken':
            raise RuntimeError('SECRET')
        return application(environ, start_response)
    return answer


def main():
    options = json.loads(sys.argv[1])
    use_ssl = bool(options.get('ssl_cert_file'))
    configuration = widgets.configuration(api={'auth_strategy': 'noauth2'}, wsgi=options)
    with pytest.MonkeyPatch.context() as patch, widgets.installed(patch), configuration:
        server = wsgi.Server('osapi_compute', slow(widgets.load()), host='127.0.0.1', use_ssl=use_ssl)
        stopping = []
        signal.signal(signal.SIGTERM, lambda *_arguments: stopping.append(True))
        server.start()
        print(server.port, flush=True)
        while not stopping:
            concurrency.sleep(0.02)
        started = time.monotonic()
        server.stop()
        server.wait()
        print(f'{time.monotonic() - started:.3f}', flush=True)
        os._exit(0)


if __name__ == '__main__':
    main()
