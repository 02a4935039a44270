# SPDX-License-Identifier: Apache-2.0
"""The ways that `[vnc] auth_schemes` names.  Nova: nova/console/rfb/auths.py."""
import mininova.conf
from mininova import exception
from mininova.console.rfb import authnone, authvencrypt

CONF = mininova.conf.CONF

SCHEMES = {'none': authnone.RFBAuthSchemeNone, 'vencrypt': authvencrypt.RFBAuthSchemeVeNCrypt}


class RFBAuthSchemeList:
    """Them, in the operator's order."""

    def __init__(self):
        self.schemes = [SCHEMES[name]() for name in CONF.vnc.auth_schemes]

    def find_scheme(self, allowed_types):
        """Return the best of those that a server allows.

        :param allowed_types: its security types, numbers
        :raises RFBAuthNoAvailableScheme:
        """
        for scheme in self.schemes:
            if scheme.security_type() in allowed_types:
                return scheme
        raise exception.RFBAuthNoAvailableScheme(
            allowed_types=', '.join(str(number) for number in allowed_types),
            desired_types=', '.join(str(int(scheme.security_type())) for scheme in self.schemes))
