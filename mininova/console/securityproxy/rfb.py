# SPDX-License-Identifier: Apache-2.0
"""Agree with a VNC server on how the proxy proves itself, and with the user on nothing: the token did that.

Nova: nova/console/securityproxy/rfb.py.  The protocol is RFC 6143, sections 7.1.1 and 7.1.2.
"""
from oslo_log import log as logging

from mininova import exception
from mininova.console.rfb import auth, auths
from mininova.console.securityproxy import base

LOG = logging.getLogger(__name__)

RFB_VERSION = b'RFB 003.008\n'
NO_TYPES = bytes([0])


class RFBSecurityProxy(base.SecurityProxy):
    """The user's client is offered the type None; the server is asked for what `[vnc] auth_schemes` says.

    What the server says at the end of its security handshake (RFC 6143, 7.1.3) is passed on to the client, which waits
    for just that.
    """

    def __init__(self):
        self.auth_schemes = auths.RFBAuthSchemeList()

    def connect(self, tenant_sock, compute_sock):
        try:
            offered = self._greet(tenant_sock, compute_sock)
            scheme = self.auth_schemes.find_scheme(offered)
            self._offer_nothing(tenant_sock)
            compute_sock.sendall(bytes([scheme.security_type()]))
            LOG.debug('Security type %s is used with the server.', scheme.security_type())
            return scheme.security_handshake(compute_sock)
        except (exception.RFBAuthHandshakeFailed, exception.RFBAuthNoAvailableScheme) as error:
            self._refuse(tenant_sock)
            raise exception.SecurityProxyNegotiationFailed(reason=error.format_message()) from error

    @staticmethod
    def _greet(tenant_sock, compute_sock):
        """Agree with both on the version; return the security types that the server offers."""
        for name, sock in (('server', compute_sock), ('client', tenant_sock)):
            if name == 'client':
                sock.sendall(RFB_VERSION)
            version = auth.receive(sock, auth.VERSION_LENGTH)
            if version != RFB_VERSION:
                raise exception.RFBAuthHandshakeFailed(
                    reason=f'Security proxying requires RFB protocol version 3.8, but {name} sent {version!r}')
        compute_sock.sendall(RFB_VERSION)
        count = auth.receive_number(compute_sock, 1)
        if count == 0:
            raise exception.RFBAuthHandshakeFailed(reason=f'the server refused: {auth.receive_reason(compute_sock)!r}')
        return list(auth.receive(compute_sock, count))

    @staticmethod
    def _offer_nothing(tenant_sock):
        tenant_sock.sendall(bytes([1, auth.AuthType.NONE]))
        chosen = auth.receive_number(tenant_sock, 1)
        if chosen != auth.AuthType.NONE:
            raise exception.RFBAuthHandshakeFailed(
                reason=f'Security proxying requires security type None (1), but client chose {chosen}')

    @staticmethod
    def _refuse(tenant_sock):
        """Tell the client that there is no way; why is in the log."""
        message = b'Unable to negotiate security with server'
        tenant_sock.sendall(NO_TYPES + len(message).to_bytes(auth.SUBTYPE_LENGTH, 'big') + message)
