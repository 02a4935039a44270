# SPDX-License-Identifier: Apache-2.0
"""Many fake compute hosts in one process: python -m benchmarks.simulate_hosts --config-file nova.conf --hosts 1000

Each host is registered and reports through nova-conductor as nova-compute does, beats each [DEFAULT] report_interval
(spread over it), has the real manager with the fake hypervisor, and takes messages on its own queue, compute.<host>: it
builds, stops and deletes servers.  What is shared: one process, one connection and one RPC server read all the queues
(a connection for each host would be 10000 sockets), and there is no recovery, no reconciler and no self-ping.
With many hosts raise report_interval and service_down_time: each beat is a call of conductor.
"""
import mininova.cmd  # noqa: F401  (first: it patches the standard library)

# isort: split
import sys
import time

from oslo_config import cfg
from oslo_messaging._drivers import amqpdriver, base, common

import mininova.conf
from mininova import concurrency, config, context, objects, rpc
from mininova.compute import manager as compute_manager
from mininova.compute import rpcapi
from mininova.conductor import rpcapi as conductor_rpcapi
from mininova.objects import base as objects_base

CONF = mininova.conf.CONF
CLI = [cfg.IntOpt('hosts', default=1000, min=1, help='How many.'),
       cfg.StrOpt('prefix', default='sim', help='Names are this and a number.')]
# What goes to the host that a server is on, and does not involve another one.
BY_INSTANCE = ('build_and_run_instance', 'terminate_instance', 'start_instance', 'stop_instance', 'reboot_instance',
               'get_console_output', 'get_diagnostics', 'get_instance_diagnostics')
AT_ONCE = 16


class SimulatedHost:
    """One host: manager, record of its service."""

    def __init__(self, name):
        self.name = name
        self.manager = compute_manager.ComputeManager(name, 'nova-compute')
        self.service = None
        self.methods = {method: getattr(part, method) for part in self.manager.endpoints() for method in BY_INSTANCE
                        if hasattr(part, method)}

    def register(self):
        """Become known to the cloud, with what the host has."""
        admin = context.get_admin_context()
        self.service = objects.Service.register(admin, self.name, 'nova-compute', rpcapi.TOPIC)
        self.manager.driver.init_host(self.name)
        self.manager.tracker.update_available_resource(admin)


class Router:
    """The one RPC endpoint: hands each message to the host of the server it is about."""
    target = rpc.Target(version='1.0')

    def __init__(self, hosts):
        self._hosts = hosts
        for name in BY_INSTANCE:
            setattr(self, name, self._forward(name))

    def _forward(self, name):
        def method(context, instance, **arguments):
            return self._hosts[instance.host].methods[name](context, instance=instance, **arguments)
        method.exposed = True
        return method


class ManyQueues:
    """Makes a server listen on the queues of all hosts by one connection.  There is no public way to do that."""

    def __init__(self, names):
        self._names = names

    def listen(self, driver, target, batch_size, batch_timeout):
        connection = driver._get_connection(common.PURPOSE_LISTEN)
        listener = amqpdriver.RpcAMQPListener(driver, connection)
        for name in self._names:
            connection.declare_topic_consumer(exchange_name=driver._get_exchange(target),
                                              topic=f'{target.topic}.{name}', callback=listener)
        return base.PollStyleListenerAdapter(listener, batch_size, batch_timeout)

    def start(self, hosts):
        server = rpc.get_server(rpc.Target(topic=rpcapi.TOPIC, server='simulated'), [Router(hosts)])
        driver = server.transport._driver
        driver.listen = lambda *arguments: self.listen(driver, *arguments)
        server.start()
        return server


def for_all(hosts, function):
    """Call a function for each host, some at the same time."""
    waiting = iter(hosts.values())

    def work():
        for host in waiting:  # each takes the next one that nobody has taken
            function(host)
    for thread in [concurrency.spawn(work) for _ in range(AT_ONCE)]:
        thread.wait()


def beat(hosts):
    """Let all hosts beat for ever, evenly over the interval; says so when it cannot keep up."""
    while True:
        began = time.monotonic()
        for number, host in enumerate(hosts.values()):
            pause = began + CONF.report_interval * number / len(hosts) - time.monotonic()
            if pause > 0:
                concurrency.sleep(pause)
            host.service.heartbeat()
        took = time.monotonic() - began
        if took > CONF.report_interval * 1.1:
            print(f'beating took {took:.0f} s instead of {CONF.report_interval} s', flush=True)
        concurrency.sleep(max(0, CONF.report_interval - took))


def main():
    CONF.register_cli_opts(CLI)
    config.parse_args(sys.argv)
    objects_base.NovaObject.indirection_api = conductor_rpcapi.ConductorAPI()
    began = time.monotonic()
    hosts = {name: SimulatedHost(name) for name in (f'{CONF.prefix}{number:05d}' for number in range(CONF.hosts))}
    made = time.monotonic()
    for_all(hosts, SimulatedHost.register)
    registered = time.monotonic()
    ManyQueues(list(hosts)).start(hosts)
    print(f'{CONF.hosts} hosts are ready after {time.monotonic() - began:.1f} s (made {made - began:.1f}, registered '
          f'{registered - made:.1f}, listening {time.monotonic() - registered:.1f})', flush=True)
    beat(hosts)


if __name__ == '__main__':
    main()
