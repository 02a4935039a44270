# SPDX-License-Identifier: Apache-2.0
"""The door to oslo.messaging: transport, clients, servers, notifiers.  Nova: nova/rpc.py.

RPC is at most once: a message is acknowledged before the work begins.  So it is never more than a wake-up; the
intent is in the database before it is sent (architecture: "intent before message").
"""
import contextlib
import itertools

import kombu.exceptions
import kombu.transport
import oslo_messaging as messaging
from oslo_serialization import jsonutils

import mininova.conf
from mininova import concurrency, exception
from mininova import context as nova_context
from mininova.objects import base as objects_base

CONF = mininova.conf.CONF

# A service that had no answer itself says so under the library's own name.
ALLOWED_REMOTE_EXCEPTIONS = ['mininova.exception', messaging.MessagingTimeout.__module__]
LONGEST_PAUSE = 5  # seconds between two tries to reach a lost broker; the library waits up to 30
UNHEARD_PAUSE = 0.5  # seconds between two tries to reach a service that does not listen

Target = messaging.Target
MessagingTimeout = messaging.MessagingTimeout
MessagingException = messaging.MessagingException
expected_exceptions = messaging.expected_exceptions
ExpectedException = messaging.ExpectedException

_transport = None
_notification_transport = None


def register_options(conf=CONF):
    """Make `transport_url` and its like known before the first connection: parsing a URL does it."""
    messaging.TransportURL.parse(conf)


def init(conf=CONF):
    """Connect lazily to the message bus of `transport_url`."""
    global _transport, _notification_transport
    kombu.transport.TRANSPORT_ALIASES['memory'] = 'mininova.memory_bus:Transport'
    _transport = messaging.get_rpc_transport(conf, allowed_remote_exmods=ALLOWED_REMOTE_EXCEPTIONS)
    if 'oslo_messaging_rabbit' in conf:
        conf.set_default('rabbit_interval_max', LONGEST_PAUSE, group='oslo_messaging_rabbit')
    _notification_transport = messaging.get_notification_transport(conf,
                                                                   allowed_remote_exmods=ALLOWED_REMOTE_EXCEPTIONS)


def initialized():
    return _transport is not None


def cleanup():
    """Drop all connections: after a fork, and at the end."""
    global _transport, _notification_transport
    for transport in (_transport, _notification_transport):
        if transport is not None:
            transport.cleanup()
    _transport = _notification_transport = None


class RequestContextSerializer(messaging.Serializer):
    """Carries objects and the request context across the wire."""

    def __init__(self):
        self._objects = objects_base.NovaObjectSerializer()

    def serialize_entity(self, context, entity):
        return self._objects.serialize_entity(context, entity)

    def deserialize_entity(self, context, entity):
        return self._objects.deserialize_entity(context, entity)

    def serialize_context(self, context):
        return context.to_dict()

    def deserialize_context(self, values):
        return nova_context.RequestContext.from_dict(values)


def _require_transport():
    if _transport is None:
        raise exception.NovaException('RPC is not initialised: rpc.init() comes first.')
    return _transport


def get_client(target, timeout=None):
    """Return a client for calls and casts to a target."""
    return messaging.get_rpc_client(_require_transport(), target, timeout=timeout,
                                    serializer=RequestContextSerializer())


def get_server(target, endpoints):
    """Return a server whose endpoints answer on a target; the caller starts and stops it."""
    return messaging.get_rpc_server(_require_transport(), target, endpoints, serializer=RequestContextSerializer(),
                                    access_policy=messaging.DefaultRPCAccessPolicy)


class _JsonSerializer(messaging.NoOpSerializer):
    """Makes legacy notification payloads plain JSON."""

    def serialize_entity(self, context, entity):
        return jsonutils.to_primitive(entity, convert_instances=True)

    def serialize_context(self, context):
        values = context.to_dict()
        return {key: value for key, value in values.items() if key not in ('auth_token', 'service_catalog')}


def get_notifier(publisher_id):
    """Return the notifier of unversioned notifications."""
    _require_transport()
    return messaging.Notifier(_notification_transport, publisher_id=publisher_id, serializer=_JsonSerializer())


def get_versioned_notifier(publisher_id):
    """Return the notifier of versioned notifications."""
    _require_transport()
    return messaging.Notifier(_notification_transport, publisher_id=publisher_id, serializer=_JsonSerializer(),
                              topics=CONF.notifications.versioned_notifications_topics)


class Client:
    """Base of the rpcapi classes: one line per remote method.

    ``TOPIC``, ``VERSION`` and optionally ``NAMESPACE`` say where the methods live.
    """
    TOPIC = VERSION = NAMESPACE = None

    def __init__(self, retry=None):
        """
        :param retry: how often a bus that is away is tried again, each time after a longer pause; None never gives up
        """
        self._retry = retry
        self._client = self._transport = None

    @property
    def client(self):
        if self._client is None or self._transport is not _transport:
            self._client = get_client(messaging.Target(topic=self.TOPIC, version=self.VERSION,
                                                       namespace=self.NAMESPACE))
            self._transport = _transport
        return self._client

    def _cast(self, context, method, server=None, **kwargs):
        """Send and do not wait.

        :raises MessagingException: the bus is away, and `retry` is used up
        """
        with _bus_errors():
            self.client.prepare(server=server, retry=self._retry).cast(context, method, **kwargs)

    def _call(self, context, method, server=None, timeout=None, **kwargs):
        """Send and wait for the answer.

        :param timeout: seconds, by default rpc_response_timeout
        :raises MessagingTimeout: no answer, or nobody listened, for so long
        """
        return self._ask(context, method, kwargs, server=server, timeout=timeout)

    def _long_call(self, context, method, server=None, **kwargs):
        """Send and wait up to [DEFAULT] long_rpc_timeout for the answer, as long as the other side gives signs of life.

        :raises MessagingTimeout: none for rpc_response_timeout seconds, or no answer in time
        """
        return self._ask(context, method, kwargs, server=server, timeout=CONF.long_rpc_timeout,
                         call_monitor_timeout=CONF.rpc_response_timeout)

    def _ask(self, context, method, arguments, **options):
        """Send, again and again while nobody listens, and wait for the answer.

        After a broker's return its clients are back at different moments; what is sent to a service before that one
        listens would be dropped without a word.  Here the broker is told to return it.
        """
        client = self.client.prepare(retry=self._retry,
                                     transport_options=messaging.TransportOptions(at_least_once=True), **options)
        for unheard in itertools.count(1):
            try:
                with _bus_errors():
                    return client.call(context, method, **arguments)
            except messaging.MessageUndeliverable as error:
                patience = options.get('call_monitor_timeout') or options['timeout'] or CONF.rpc_response_timeout
                if unheard * UNHEARD_PAUSE >= patience:
                    raise MessagingTimeout(f'Nobody listens on {options["server"] or "any host"} of topic {self.TOPIC} '
                                           f'for {method}.') from error
                concurrency.sleep(UNHEARD_PAUSE)


@contextlib.contextmanager
def _bus_errors():
    """Give the library's own name to what it passes on from below when no connection can be made."""
    try:
        yield
    except kombu.exceptions.OperationalError as error:
        raise MessagingException(f'The message bus cannot be reached: {error}') from error


def transport_address():
    """Return (host, port) of the first broker, or None for transports inside the process."""
    url = messaging.TransportURL.parse(CONF)
    if url.transport.startswith(('kombu+memory', 'fake')) or not url.hosts:
        return None
    return url.hosts[0].hostname, url.hosts[0].port or 5672
