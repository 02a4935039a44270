# SPDX-License-Identifier: Apache-2.0
"""Run as a program, without anything of mini-Nova: runs command lines of the clients as their own programs would.

Reads lines of JSON {"words": ["openstack", "server", "list"], "environment": {...}, "stdin": text} and answers each
with a line {"status": exit status, "out": text, "err": text, "requests": [[method, URL, microversion, status], ...]}.
To start one Python for all saves the second of processor time that each command takes to import its client; half of the
rest went into commands of other services, copies of a table, and the search for garbage.
"""
import contextlib
import gc
import io
import json
import os
import sys
import time
import types

import requests
from cliff import commandmanager
from novaclient import shell as nova_shell
from openstackclient import shell as openstack_shell
from os_service_types import service_types
from osc_lib import clientmanager

LONGEST_SLEEP = 0.2
COMMANDS = ('openstack.cli', 'openstack.common', 'openstack.compute.v2')
BARE = {name: value for name, value in os.environ.items() if not name.startswith(('OS_', 'NOVA'))}
_sleep, _send, _load = time.sleep, requests.Session.send, commandmanager.CommandManager.load_commands
sent = []


def send(self, request, **keywords):
    """Send a request and write down what became of it."""
    answer = _send(self, request, **keywords)
    header = request.headers.get('OpenStack-API-Version') or request.headers.get('X-OpenStack-Nova-API-Version') or ''
    sent.append((request.method, request.url, header.removeprefix('compute '), answer.status_code))
    return answer


def load_commands(self, namespace):
    """Load commands of openstackclient, if they are any of ours."""
    if namespace in COMMANDS:
        _load(self, namespace)


def run_program(program, arguments):
    """Run a client and return its exit status."""
    sys.argv = [program, *arguments]
    try:
        if program == 'nova':
            nova_shell.main(arguments)
            return 0
        return openstack_shell.main(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)


def forget():
    """Drop what openstackclient keeps for the rest of a process: connections of the user before."""
    for value in vars(clientmanager.ClientManager).values():
        if isinstance(value, clientmanager.ClientCache):
            value._handle = None


def run(words, environment, stdin=''):
    """Run one command line and return what it did."""
    os.environ.clear()
    os.environ.update(BARE, **environment)
    sent.clear()
    forget()
    sys.stdin = io.StringIO(stdin)
    out, err = (io.TextIOWrapper(io.BytesIO(), 'utf-8') for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run_program(words[0], words[1:])
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return {'status': status, 'out': texts[0], 'err': texts[1], 'requests': sent}


def make_quick():
    """Leave out what the commands of this project's service do not need."""
    commandmanager.CommandManager.load_commands = load_commands
    service_types.copy = types.SimpleNamespace(deepcopy=lambda table: table)
    gc.freeze()
    gc.disable()


def main():
    requests.Session.send = send
    make_quick()
    # Clients look at a server every few seconds; nobody gains by waiting that long.
    time.sleep = lambda seconds: _sleep(min(seconds, LONGEST_SLEEP))
    os.system = lambda command: print(f'# {command}') or 0          # what would call ssh
    orders, answers = sys.stdin, sys.stdout
    for line in orders:
        print(json.dumps(run(**json.loads(line))), file=answers, flush=True)
        gc.collect(0)


if __name__ == '__main__':
    main()
