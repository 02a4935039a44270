# SPDX-License-Identifier: Apache-2.0
"""What every service answers over RPC, whatever else it does.  Nova: nova/baserpc.py."""
from mininova import rpc

NAMESPACE = 'baseapi'
VERSION = '1.0'


class BaseAPI(rpc.Client):
    """Asks any service.

    :param topic: of the service
    """
    NAMESPACE = NAMESPACE
    VERSION = VERSION

    def __init__(self, topic):
        super().__init__()
        self.TOPIC = topic

    def ping(self, context, arg, server, timeout):
        """Return what the service on that host was given, and its name: messages reach it.

        :raises MessagingTimeout: they do not, or its answer takes longer than `timeout` seconds
        """
        return self._call(context, 'ping', server=server, timeout=timeout, arg=arg)


class BaseRPCAPI:
    """Answers."""
    target = rpc.Target(namespace=NAMESPACE, version=VERSION)

    def __init__(self, service_name):
        self.service_name = service_name

    def ping(self, context, arg):
        return {'service': self.service_name, 'arg': arg}
