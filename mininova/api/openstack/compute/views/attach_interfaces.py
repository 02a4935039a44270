# SPDX-License-Identifier: Apache-2.0
"""How a card of a server is shown.  Nova: _translate_interface_attachment_view of
nova/api/openstack/compute/attach_interfaces.py.
"""
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common
from mininova.compute import power_state

_ON = (power_state.RUNNING, power_state.PAUSED)


class ViewBuilder(common.ViewBuilder):
    """Takes what ``network.api.API.list_interfaces`` gives."""

    def index(self, req, instance, cards):
        return {'interfaceAttachments': [self._one(req, instance, card) for card in cards]}

    def show(self, req, instance, card):
        return {'interfaceAttachment': self._one(req, instance, card)}

    @staticmethod
    def _one(req, instance, card):
        """Without a network service's word a card is ACTIVE where a guest that has power has it."""
        in_place = card['task'] is None and instance.power_state in _ON
        shown = {
            'net_id': card['net_id'], 'port_id': card['port_id'], 'mac_addr': card['mac_addr'],
            'port_state': card['port_state'] or ('ACTIVE' if in_place else 'DOWN'), 'fixed_ips': card['fixed_ips']}
        if versions.is_supported(req, '2.70'):
            shown['tag'] = card['tag']
        return shown
