# SPDX-License-Identifier: Apache-2.0
"""How floating addresses are shown.  Nova: nova/api/openstack/compute/floating_ips.py."""


class ViewBuilder:
    """Addresses as FloatingIP objects."""

    def index(self, floating_ips):
        return {'floating_ips': [self._one(floating_ip) for floating_ip in floating_ips]}

    def show(self, floating_ip):
        return {'floating_ip': self._one(floating_ip)}

    @staticmethod
    def _one(floating_ip):
        return {'id': floating_ip.uuid, 'ip': floating_ip.address, 'pool': floating_ip.pool,
                'fixed_ip': floating_ip.fixed_address, 'instance_id': floating_ip.instance_uuid}
