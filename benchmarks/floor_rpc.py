# SPDX-License-Identifier: Apache-2.0
"""Floor of asking: an oslo.messaging server that gives back what it gets.

Run by bench_boot: python -m benchmarks.floor_rpc server TRANSPORT_URL, and ... client TRANSPORT_URL CALLS, which prints
the milliseconds of each call and the CPU seconds it used.
"""
from benchmarks import patched  # noqa: F401  (first: it patches the standard library)

# isort: split
import json
import sys
import time

import oslo_messaging as messaging
from oslo_config import cfg

PAYLOAD = {'nova_object.data': {'uuid': 'x' * 36, 'task_state': 'spawning'}, 'args': [], 'kwargs': {'a': 'b' * 200}}


class Endpoint:
    """Answers with the question."""

    def echo(self, context, value):
        return value


def serve(transport):
    target = messaging.Target(topic='floor', server='floor')
    server = messaging.get_rpc_server(transport, target, [Endpoint()], access_policy=messaging.DefaultRPCAccessPolicy)
    server.start()
    print('ready', flush=True)
    server.wait()
    time.sleep(3600)


def call(transport, times):
    client = messaging.get_rpc_client(transport, messaging.Target(topic='floor'))
    client.call({}, 'echo', value=PAYLOAD)
    began, taken = time.process_time(), []
    for _ in range(times):
        sent = time.perf_counter()
        client.call({}, 'echo', value=PAYLOAD)
        taken.append((time.perf_counter() - sent) * 1000)
    print('ready', json.dumps({'taken': taken, 'cpu': time.process_time() - began}), flush=True)


def main():
    cfg.CONF([], project='nova', default_config_files=[])
    transport = messaging.get_rpc_transport(cfg.CONF, sys.argv[2])
    if sys.argv[1] == 'server':
        serve(transport)
    else:
        call(transport, int(sys.argv[3]))


if __name__ == '__main__':
    main()
