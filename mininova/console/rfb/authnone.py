# SPDX-License-Identifier: Apache-2.0
"""Nobody proves anything.  Nova: nova/console/rfb/authnone.py."""
from mininova.console.rfb import auth


class RFBAuthSchemeNone(auth.RFBAuthScheme):

    def security_type(self):
        return auth.AuthType.NONE

    def security_handshake(self, compute_sock):
        return compute_sock
