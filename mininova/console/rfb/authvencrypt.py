# SPDX-License-Identifier: Apache-2.0
"""VeNCrypt: TLS with a certificate on each side.  Nova: nova/console/rfb/authvencrypt.py.

The protocol is in the community's rfbproto document, "VeNCrypt".
"""
import enum
import ssl
import struct

from oslo_log import log as logging

import mininova.conf
from mininova import exception
from mininova.console.rfb import auth

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

VERSION = (0, 2)
ACCEPTED = 1


class AuthVeNCryptSubtype(enum.IntEnum):
    """What is done within TLS; the numbers of X509 ones use the server's certificate."""
    PLAIN = 256
    TLSNONE = 257
    TLSVNC = 258
    TLSPLAIN = 259
    X509NONE = 260
    X509VNC = 261
    X509PLAIN = 262
    X509SASL = 263
    TLSSASL = 264


class RFBAuthSchemeVeNCrypt(auth.RFBAuthScheme):
    """The sub-type X509NONE: who has a certificate needs no password."""

    def security_type(self):
        return auth.AuthType.VENCRYPT

    def security_handshake(self, compute_sock):
        self._agree_on_version(compute_sock)
        self._agree_on_subtype(compute_sock)
        try:
            return _tls_context().wrap_socket(compute_sock, server_side=False)
        except (OSError, ssl.SSLError) as error:
            raise exception.RFBAuthHandshakeFailed(
                reason=f'Error establishing TLS connection to server: {error}') from error

    @staticmethod
    def _agree_on_version(compute_sock):
        offered = tuple(auth.receive(compute_sock, 2))
        if offered != VERSION:
            raise exception.RFBAuthHandshakeFailed(
                reason=f'Only VeNCrypt version {VERSION[0]}.{VERSION[1]} is supported by this proxy, but the server '
                       f'wanted to use version {offered[0]}.{offered[1]}')
        compute_sock.sendall(bytes(VERSION))
        if auth.receive_number(compute_sock, 1) != 0:
            raise exception.RFBAuthHandshakeFailed(reason='Server could not use VeNCrypt version 0.2')

    @staticmethod
    def _agree_on_subtype(compute_sock):
        offered = [auth.receive_number(compute_sock) for _each in range(auth.receive_number(compute_sock, 1))]
        LOG.debug('The server offers the VeNCrypt sub-types %s.', offered)
        if AuthVeNCryptSubtype.X509NONE not in offered:
            raise exception.RFBAuthHandshakeFailed(
                reason=f'Server does not support the x509None (260) VeNCrypt sub-auth type, but offers {offered}')
        compute_sock.sendall(struct.pack('!I', AuthVeNCryptSubtype.X509NONE))
        if auth.receive_number(compute_sock, 1) != ACCEPTED:
            raise exception.RFBAuthHandshakeFailed(reason='Server did not accept the requested sub-auth type')


def _tls_context():
    """Return what shows our certificate and checks the server's.

    Its signature is checked and not its name: a compute host is known here by the address that its nova-compute told.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    if CONF.vnc.vencrypt_ca_certs:
        context.load_verify_locations(CONF.vnc.vencrypt_ca_certs)
    else:
        context.load_default_certs()
    if CONF.vnc.vencrypt_client_cert:
        context.load_cert_chain(CONF.vnc.vencrypt_client_cert, CONF.vnc.vencrypt_client_key)
    return context
