# SPDX-License-Identifier: Apache-2.0
"""Questions about guests and this host: console output, diagnostics, uptime, inventory.

Nova: the same methods of nova/compute/manager.py.
"""
import re

from mininova import exception, rpc
from mininova.compute import power_state
from mininova.compute.operations import base

MAX_CONSOLE_BYTES = 102400
# What a terminal would obey instead of show; tab, newline and carriage return stay.
CONTROL_CHARACTERS = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]')


class InspectOperations(base.Operations):
    """Answer questions (RPC endpoint); nothing changes."""

    @rpc.expected_exceptions(exception.InstanceNotReady, exception.InstanceNotFound, exception.ConsoleNotAvailable,
                             NotImplementedError)
    def get_console_output(self, context, instance, tail_length=None):
        """Return the console's text, at most 100 KiB and `tail_length` lines, without control characters."""
        output = self.driver.get_console_output(context, instance)
        return tail(output, tail_length)

    @rpc.expected_exceptions(exception.InstanceInvalidState, exception.InstanceNotFound, NotImplementedError)
    def get_diagnostics(self, context, instance):
        self._must_run(instance, 'get diagnostics')
        return self.driver.get_diagnostics(instance)

    @rpc.expected_exceptions(exception.InstanceInvalidState, exception.InstanceNotFound, NotImplementedError)
    def get_instance_diagnostics(self, context, instance):
        self._must_run(instance, 'get diagnostics')
        return self.driver.get_instance_diagnostics(instance)

    def _must_run(self, instance, what):
        state = self.driver.get_info(instance).state
        if state != power_state.RUNNING:
            raise exception.InstanceInvalidState(attr='power state', instance_uuid=instance.uuid,
                                                 state=power_state.STATE_MAP[state], method=what)

    def get_host_uptime(self, context):
        return self.driver.get_host_uptime()

    def get_inventory(self, context):
        """Return what this host holds, for `nova-manage verify`."""
        return self.driver.inventory()


def tail(output, lines=None):
    """Return the end of a console log as clean text.

    :param output: bytes as the guest wrote them
    :param lines: how many lines, None for all that fit into 100 KiB
    """
    text = output[-MAX_CONSOLE_BYTES:].decode('utf-8', 'replace')
    text = CONTROL_CHARACTERS.sub('', text)
    if lines is None or int(lines) < 0:
        return text
    return '\n'.join(text.split('\n')[-int(lines):]) if int(lines) else ''
