# SPDX-License-Identifier: Apache-2.0
"""What stands between a user and a console server while they agree on security.

Nova: nova/console/securityproxy/base.py.
"""
import abc


class SecurityProxy(abc.ABC):

    @abc.abstractmethod
    def connect(self, tenant_sock, compute_sock):
        """Agree with both sides.

        :param tenant_sock: the user's, with ``recv`` and ``sendall``
        :param compute_sock: the console server's
        :returns: the socket to go on with instead of `compute_sock`
        :raises SecurityProxyNegotiationFailed:
        """
