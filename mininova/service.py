# SPDX-License-Identifier: Apache-2.0
"""How every daemon starts, says that it lives, and ends.  Nova: nova/service.py.

``Service`` is an RPC daemon around a manager; ``WSGIService`` an HTTP server around a Paste application.
``serve`` hands one to oslo.service, which forks workers and handles SIGTERM (drain and exit), SIGHUP (read mutable
options again) and, with Type=notify, tells systemd when the service is ready.
"""
import gc
import os
import socket

from oslo_log import log
from oslo_service import service, systemd

import mininova.conf
from mininova import baserpc, concurrency, context, exception, objects, rpc, servicegroup, utils, wsgi

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)


class Service(service.Service):
    """An RPC daemon: one topic, one manager, heartbeats.

    :param host: this machine's name in the cloud
    :param binary: e.g. 'nova-compute', the name in the list of services
    :param topic: where messages for it arrive
    :param manager_class: called with host and binary in the process that works, after a fork
    """

    def __init__(self, host, binary, topic, manager_class):
        super().__init__()
        self.host, self.binary, self.topic = host, binary, topic
        self._manager_class = manager_class
        self.manager = self.service_ref = self.rpcserver = None
        self._base_api = baserpc.BaseAPI(topic)
        self._heartbeats = None
        self._failed_pings = 0

    @classmethod
    def create(cls, binary, topic, manager, host=None):
        """Return a service of this host; call it before ``serve``."""
        return cls(host or CONF.host, binary, topic, manager)

    def start(self):
        """Become able to work: register, make the manager ready, take messages, begin to beat."""
        LOG.info('Starting %s on host %s.', self.binary, self.host)
        admin = context.get_admin_context()
        self.manager = self._manager_class(self.host, self.binary)
        self.service_ref = objects.Service.register(
            admin, self.host, self.binary, self.topic,
            disabled=self.binary == 'nova-compute' and not CONF.enable_new_services)
        self.manager.init_host(self.service_ref)
        self._start_rpc()
        self.manager.ready()
        self._heartbeats = concurrency.periodic(lambda: CONF.report_interval, self._beat)
        self.manager.start_periodic_tasks()
        LOG.info('%s is ready.', self.binary)
        announce_ready()

    def _start_rpc(self):
        target = rpc.Target(topic=self.topic, server=self.host)
        self.rpcserver = rpc.get_server(target, [*self.manager.endpoints(), baserpc.BaseRPCAPI(self.binary)])
        self.rpcserver.start()

    def _beat(self):
        """Say that the service lives, if messages reach it; connect anew when they have not for a while."""
        try:
            self._base_api.ping(context.get_admin_context(), arg=self.binary, server=self.host,
                                timeout=servicegroup.answer_timeout())
            self._failed_pings = 0
        except (rpc.MessagingTimeout, rpc.MessagingException) as error:
            self._failed_pings += 1
            LOG.warning('%s does not hear its own messages (%s in a row): %s', self.binary, self._failed_pings, error)
            if self._failed_pings >= CONF.servicegroup.rpc_probe_failures:
                self._reconnect()
            return
        if not self.service_ref.heartbeat():
            LOG.warning('The record of %s on %s was removed; registering again.', self.binary, self.host)
            self.service_ref = objects.Service.register(context.get_admin_context(), self.host, self.binary, self.topic)

    def _reconnect(self):
        LOG.error('Connecting %s to the message bus anew after %s failed pings.', self.binary, self._failed_pings)
        old, self._failed_pings = self.rpcserver, 0
        self._start_rpc()
        concurrency.spawn(old.stop)

    def stop(self, graceful=True):
        """Take no more messages, let work under way finish, leave."""
        LOG.info('Stopping %s.', self.binary)
        if self._heartbeats:
            self._heartbeats.stop()
        if self.manager:
            self.manager.stop_periodic_tasks()
        if self.rpcserver:
            self.rpcserver.stop()
            if graceful:
                self._finish_calls(CONF.manager_shutdown_timeout)
                self.manager.drain(CONF.manager_shutdown_timeout)
            self.manager.cleanup_host()
        super().stop(graceful)

    def _finish_calls(self, timeout):
        """Let calls that were taken be answered, at most so many seconds."""
        answered = concurrency.event()

        def wait():
            self.rpcserver.wait()
            answered.set()
        concurrency.spawn(wait)
        if not answered.wait(timeout):
            LOG.warning('Calls are still under way after %s s; whoever waits for them asks again.', timeout)

    def reset(self):
        """SIGHUP: log that the mutable options were read again."""
        LOG.info('%s read its configuration again.', self.binary)


class WSGIService(service.ServiceBase):
    """An HTTP server: ``name`` is the composite of the Paste file and the prefix of its options.

    :param name: 'osapi_compute' or 'metadata'
    :param loader: a wsgi.Loader, by default one for `[wsgi] api_paste_config`
    :param use_ssl: serve TLS with the files of [wsgi]
    :param max_url_len: longest accepted request line, bytes
    """

    def __init__(self, name, loader=None, use_ssl=False, max_url_len=None):
        self.name = name
        self.binary = f'nova-{name}'
        self.manager = None
        self.loader = loader or wsgi.Loader()
        self.app = self.loader.load_app(name)
        self.host = getattr(CONF, f'{name}_listen')
        self.port = getattr(CONF, f'{name}_listen_port')
        self.workers = self._workers(name)
        self.use_ssl = use_ssl
        self.server = wsgi.Server(name, self.app, host=self.host, port=self.port, use_ssl=use_ssl,
                                  max_url_len=max_url_len)
        self.host, self.port = self.server.host, self.server.port

    @staticmethod
    def _workers(name):
        workers = getattr(CONF, f'{name}_workers')
        if workers is None:
            return os.cpu_count() or 1
        if workers < 1:
            raise exception.InvalidWorkers(name=f'{name}_workers', workers=workers)
        return workers

    def reset(self):
        """SIGHUP: nothing to do, options are read where they are used."""

    def start(self):
        self.server.start()
        announce_ready()

    def stop(self):
        self.server.stop()

    def wait(self):
        self.server.wait()


# oslo.service would tell systemd that we are ready as soon as it has begun to start us.
_notify_socket = os.environ.pop('NOTIFY_SOCKET', None)


def announce_ready():
    """Tell systemd (Type=notify) that this service works; each worker does, the first one counts."""
    if _notify_socket:
        os.environ['NOTIFY_SOCKET'] = _notify_socket
        systemd.notify_once()


_launcher = None


def serve(server, workers=None):
    """Run a service under oslo.service.

    :param workers: number of processes; None or 1 runs it in this one
    :raises InvalidWorkers: zero or negative
    """
    global _launcher
    if _launcher is not None:
        raise exception.NovaException('serve() was already called; hand further services to process_launcher().')
    if workers is not None and workers < 1:
        raise exception.InvalidWorkers(name='workers', workers=workers)
    _share_memory_with_workers()
    # With threads each service is a process of its own below a master, also one that is alone.
    alone = None if concurrency.is_eventlet() else 1
    _launcher = service.launch(CONF, server, workers=workers if workers and workers > 1 else alone,
                               restart_method='mutate')


def _share_memory_with_workers():
    """Keep the collector from writing to what is loaded: pages that nobody writes stay shared after a fork."""
    gc.collect()
    gc.freeze()


def process_launcher():
    """Return a launcher that runs several services, each with its own number of processes."""
    _share_memory_with_workers()
    return service.ProcessLauncher(CONF, restart_method='mutate')


def wait():
    """Wait until the service that ``serve`` started has ended."""
    _launcher.wait()


def wait_for_broker():
    """Wait until the message bus takes connections; says what it waits for, without the password."""
    url = rpc.transport_address()
    if url is None:
        return
    utils.wait_until(lambda: _connects(*url), f'the message bus at {url[0]}:{url[1]}')


def _connects(host, port):
    with socket.create_connection((host, port), timeout=5):
        return True
