# SPDX-License-Identifier: Apache-2.0
"""A compute host's nova-network and metadata service without a broker: takes calls as JSON lines on a unix socket.

Started by network_lab.py inside a network namespace, once per simulated host; opens the database directly.
"""
import importlib
import json
import os
import socket
import sys

import mininova.cmd  # noqa: F401  (must come first: it patches the standard library)
import mininova.conf
from mininova import concurrency, config, context, privsep, service, wsgi
from mininova.network import manager

CONF = mininova.conf.CONF


class Neighbours:
    """In place of messages to nova-network on other hosts: a line on their sockets, which lie side by side.

    As with messages nobody waits for what becomes of them: two hosts that tell each other something would wait for
    each other.
    """

    def __init__(self, path):
        self._place = os.path.join(os.path.dirname(path), os.pardir)

    def refresh_security_groups(self, _context, host):
        concurrency.spawn(self._tell, host)

    def _tell(self, host):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(os.path.join(self._place, host, 'agent.sock'))
            with connection.makefile('rw') as stream:
                stream.write(json.dumps({'method': 'refresh', 'args': []}) + '\n')
                stream.flush()
                stream.readline()


class Agent:
    """The manager, with its timers."""

    def __init__(self, path):
        self._context = context.get_admin_context()
        self.manager = manager.NetworkManager(CONF.host, 'nova-network')
        self.manager._rpcapi = Neighbours(path)
        self.manager.init_host(None)
        self.manager.start_periodic_tasks()

    def allocate(self, instance_uuid, project_id):
        return self.manager.allocate_for_instance(self._context, instance_uuid, project_id, None)

    def deallocate(self, instance_uuid):
        self.manager.deallocate_for_instance(self._context, instance_uuid)

    def setup(self, instance_uuid):
        return self.manager.setup_instance_on_host(self._context, instance_uuid)

    def prepare(self, instance_uuid):
        return self.manager.prepare_instance_on_host(self._context, instance_uuid)

    def cleanup(self, instance_uuid):
        self.manager.cleanup_instance_on_host(self._context, instance_uuid)

    def refresh_floating_ips(self, instance_uuid):
        self.manager.refresh_floating_ips(self._context, instance_uuid)

    def refresh(self):
        self.manager.refresh_security_groups(self._context)

    def facts(self):
        return self.manager.get_host_facts(self._context)

    def repair(self):
        self.manager._repair()

    def sync(self):
        self.manager._sync()


def answer(agent, request):
    try:
        return {'result': getattr(agent, request['method'])(*request['args'])}
    except Exception as error:
        return {'error': f'{type(error).__name__}: {error}'}


def talk(agent, connection):
    with connection, connection.makefile('rw') as stream:
        for line in stream:
            stream.write(json.dumps(answer(agent, json.loads(line))) + '\n')
            stream.flush()


def prepare():
    """Import what an agent imports later, for those who are forked."""
    importlib.import_module('mininova.api.metadata.handler')
    importlib.import_module('mininova.conductor.manager')


def main():
    config.parse_args(['network-agent', *sys.argv[2:]], configure_rpc=False)
    if CONF.nova_sys_admin.helper_command:
        privsep.init = lambda: None  # root as we are, let the helper do the work all the same
    agent = Agent(sys.argv[1])
    metadata = service.WSGIService('metadata', loader=wsgi.Loader())
    metadata.start()
    server = socket.socket(socket.AF_UNIX)
    server.bind(sys.argv[1] + '.new')
    server.listen()
    os.rename(sys.argv[1] + '.new', sys.argv[1])
    while True:
        connection, _address = server.accept()
        concurrency.spawn(talk, agent, connection)


if __name__ == '__main__':
    main()
