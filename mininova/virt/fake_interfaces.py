# SPDX-License-Identifier: Apache-2.0
"""Cards of pretended guests that come and go.  Runs in nova-compute.  Nova: nova/virt/fake.py."""
from oslo_log import log as logging

from mininova import crashpoint
from mininova.virt import fake_host

LOG = logging.getLogger(__name__)


class FakeInterfaces:
    """Part of :class:`mininova.virt.fake.FakeDriver`."""

    def attach_interface(self, context, instance, image_meta, vif):
        self.faults.hit('attach_interface')
        guest = self._guest(instance)
        if vif['address'] not in guest.macs:
            guest.macs.append(vif['address'])
            self.host.keep(guest)
        instance.device_metadata = fake_host.places(guest)
        self.faults.hit('attach_interface.plugged')
        crashpoint.crashpoint('interface.I4.guest_has_it.after')

    def detach_interface(self, context, instance, vif):
        self.faults.hit('detach_interface')
        guest = self.host.guests.get(instance.uuid)
        if guest and vif['address'] in guest.macs:
            guest.macs.remove(vif['address'])
            self.host.keep(guest)
            LOG.info('The fake guest gave card %s back.', vif['id'], instance=instance)

    def update_interface(self, context, instance, image_meta, vif):
        self.faults.hit('update_interface')
