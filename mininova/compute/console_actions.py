# SPDX-License-Identifier: Apache-2.0
"""Ask for a console of a server; runs in nova-api.  Nova: get_vnc_console and its siblings of nova/compute/api.py."""


class ConsoleActions:
    """Part of :class:`mininova.compute.api.API`."""

    def get_console_url(self, context, instance, protocol, console_type):
        """Return a URL that opens a console of a server, for a while.

        :param protocol: 'vnc', 'spice', 'serial' or 'mks'
        :raises ConsoleTypeUnavailable, ConsoleTypeInvalid: (400)
        :raises InstanceNotReady: it is off, or on no host (409)
        :raises ServiceUnavailable: its host is down, or does not answer (503)
        """
        methods = {'vnc': self.compute_rpcapi.get_vnc_console, 'spice': self.compute_rpcapi.get_spice_console,
                   'serial': self.compute_rpcapi.get_serial_console, 'mks': self.compute_rpcapi.get_mks_console}
        return self._ask(methods[protocol], context, instance, console_type=console_type)
