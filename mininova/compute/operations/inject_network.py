# SPDX-License-Identifier: Apache-2.0
"""Give a guest's networks their settings again; runs on the compute host.  Nova: inject_network_info of
nova/compute/manager.py.

Nothing is written into the guest: its host serves the addresses and names of the record again, which the guest gets
with its next lease.
"""
from oslo_log import log

from mininova.compute.operations import base

LOG = log.getLogger(__name__)


class InjectNetworkOperations(base.Operations):
    """Make networks ready again (RPC endpoint)."""

    def inject_network_info(self, context, instance):
        """Set up what the host serves of a server's networks; nothing of it hurts if it is there."""
        with self.host.busy_with(instance.uuid):
            instance.refresh()
            if instance.host != self.host.name:
                LOG.info('The networks of the server are not this host\'s any more.', instance=instance)
                return
            self.host.network_api.setup_instance_on_host(context, instance)
            LOG.info('The networks of the server were set up again.', instance=instance)
