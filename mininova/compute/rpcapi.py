# SPDX-License-Identifier: Apache-2.0
"""What can be asked of nova-compute over RPC.  Nova: nova/compute/rpcapi.py.

Methods live in ``mininova/compute/operations`` under the same names: build_* in build.py, terminate_* in delete.py,
power in power.py, the questions (console output, diagnostics, uptime) in inspect.py.

Version history:

* 1.0 - first
"""
from mininova import rpc

TOPIC = 'compute'


class ComputeAPI(rpc.Client):
    TOPIC = TOPIC
    VERSION = '1.0'

    # -- build and delete (casts: the action record says what was asked) --

    def build_and_run_instance(self, context, host, instance, request_spec, alternates, block_device_mapping,
                               admin_password=None, injected_files=None):
        """Build a server on a host that the scheduler claimed for it.

        :param alternates: further hosts with room when it was scheduled: [{'host', 'node', 'compute_node_id'}, ...]
        :param block_device_mapping: objects.BlockDeviceMappingList
        :param injected_files: [[path, base64 content], ...]
        """
        self._cast(context, 'build_and_run_instance', server=host, instance=instance, request_spec=request_spec,
                   alternates=alternates, block_device_mapping=block_device_mapping,
                   admin_password=admin_password, injected_files=injected_files)

    def terminate_instance(self, context, instance):
        self._cast(context, 'terminate_instance', server=instance.host, instance=instance)

    # -- power (casts) --

    def start_instance(self, context, instance):
        self._cast(context, 'start_instance', server=instance.host, instance=instance)

    def stop_instance(self, context, instance, clean_shutdown=True):
        self._cast(context, 'stop_instance', server=instance.host, instance=instance, clean_shutdown=clean_shutdown)

    def reboot_instance(self, context, instance, reboot_type):
        """:param reboot_type: 'SOFT' or 'HARD'"""
        self._cast(context, 'reboot_instance', server=instance.host, instance=instance, reboot_type=reboot_type)

    # -- questions (calls) --

    def get_console_output(self, context, instance, tail_length=None):
        """Return the last lines of the console as text, at most 100 KiB."""
        return self._call(context, 'get_console_output', server=instance.host, instance=instance,
                          tail_length=tail_length)

    def get_diagnostics(self, context, instance):
        """Return the driver's own diagnostics (below 2.48)."""
        return self._call(context, 'get_diagnostics', server=instance.host, instance=instance)

    def get_instance_diagnostics(self, context, instance):
        """Return diagnostics in the standard form (2.48)."""
        return self._call(context, 'get_instance_diagnostics', server=instance.host, instance=instance)

    def get_host_uptime(self, context, host):
        """Return what `uptime` prints on a host."""
        return self._call(context, 'get_host_uptime', server=host)

    def get_inventory(self, context, host):
        """Return what exists on a host, for `nova-manage verify`."""
        return self._call(context, 'get_inventory', server=host, timeout=30)
