# SPDX-License-Identifier: Apache-2.0
"""What a console proxy refuses.  None of these texts holds a token: they are logged."""
from mininova.exception.base import NovaException
from mininova.exception.forbidden import Forbidden


class InvalidToken(Forbidden):
    msg_fmt = 'The token is invalid or has expired'

class InvalidConnectionInfo(Forbidden):
    msg_fmt = 'Invalid Connection Info'

class InvalidOrigin(Forbidden):
    """The page that wants to open the console is not one that may."""
    msg_fmt = 'Origin header %(reason)s.'

class SecurityProxyNegotiationFailed(NovaException):
    msg_fmt = 'Failed to negotiate security type with server: %(reason)s'

class RFBAuthHandshakeFailed(NovaException):
    msg_fmt = 'Failed to complete auth handshake: %(reason)s'

class RFBAuthNoAvailableScheme(NovaException):
    msg_fmt = 'No matching auth scheme: allowed types: %(allowed_types)s, desired types: %(desired_types)s'
