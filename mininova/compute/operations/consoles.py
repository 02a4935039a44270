# SPDX-License-Identifier: Apache-2.0
"""Give out the right to open a guest's console; runs on the compute host.

Nova: get_vnc_console, get_spice_console, get_serial_console, get_mks_console, validate_console_port of
nova/compute/manager.py.
"""
import mininova.conf
from mininova import exception, objects, rpc
from mininova.compute import power_state, vm_states
from mininova.compute.operations import base

CONF = mininova.conf.CONF

ON = (power_state.RUNNING, power_state.PAUSED)
HEARD = rpc.expected_exceptions(exception.ConsoleTypeUnavailable, exception.ConsoleTypeInvalid,
                                exception.InstanceNotReady, exception.InstanceNotFound, NotImplementedError)


class ConsoleOperations(base.Operations):
    """Open consoles (RPC endpoint).  Each method returns the URL with a token that is good for a while."""

    @HEARD
    def get_vnc_console(self, context, instance, console_type):
        return self._authorize(context, instance, console_type, CONF.vnc.enabled, {
            'novnc': CONF.vnc.novncproxy_base_url}, self.driver.get_vnc_console)

    @HEARD
    def get_spice_console(self, context, instance, console_type):
        return self._authorize(context, instance, console_type, CONF.spice.enabled, {
            'spice-html5': CONF.spice.html5proxy_base_url, 'spice-direct': CONF.spice.spice_direct_proxy_base_url},
            self.driver.get_spice_console)

    @HEARD
    def get_serial_console(self, context, instance, console_type):
        return self._authorize(context, instance, console_type, CONF.serial_console.enabled, {
            'serial': CONF.serial_console.base_url}, self.driver.get_serial_console)

    @HEARD
    def get_mks_console(self, context, instance, console_type):
        return self._authorize(context, instance, console_type, CONF.mks.enabled, {
            'webmks': CONF.mks.mksproxy_base_url}, self.driver.get_mks_console)

    def _authorize(self, context, instance, console_type, enabled, base_urls, find):
        """Make a token for a console.

        :param base_urls: {console type: where its proxy is}
        :param find: method of the driver that says where the console is
        """
        if not enabled:
            raise exception.ConsoleTypeUnavailable(console_type=console_type)
        if console_type not in base_urls:
            raise exception.ConsoleTypeInvalid(console_type=console_type)
        self._must_be_on(instance)
        console = find(context, instance)
        token = objects.ConsoleAuthToken(
            context, console_type=console_type, instance_uuid=instance.uuid, compute_host=self.host.name,
            access_url_base=base_urls[console_type], **console._asdict())
        token.authorize(CONF.consoleauth.token_ttl)
        return token.access_url

    def _must_be_on(self, instance):
        """Refuse a guest that has no power: its consoles are nowhere, or at ports that are another's by now."""
        state = self.power_state(instance)
        if state == power_state.NOSTATE and instance.vm_state != vm_states.BUILDING:
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        if state not in ON:
            raise exception.InstanceNotReady(instance_id=instance.uuid)

    @HEARD
    def validate_console_port(self, context, instance, port, console_type):
        """Tell whether a guest's console is still at a port: a proxy asks before it connects."""
        finders = {'novnc': self.driver.get_vnc_console, 'serial': self.driver.get_serial_console,
                   'spice-html5': self.driver.get_spice_console, 'spice-direct': self.driver.get_spice_console}
        try:
            self._must_be_on(instance)
            return finders[console_type](context, instance).port == port
        except (KeyError, exception.ConsoleTypeUnavailable, exception.InstanceNotReady, exception.InstanceNotFound):
            return False
