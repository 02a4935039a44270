# SPDX-License-Identifier: Apache-2.0
"""Floating addresses as nova-api asks for them: part of the API, and what the built-in network does about it.

Each change is in the database, with the server's network_info, before a host hears of it; a host that does not hear of
it finds it within `[network] sync_interval`.  Nova: nova/network/api.py (Newton)
"""
from oslo_log import log

import mininova.conf
from mininova import quota, rpc
from mininova.crashpoint import crashpoint
from mininova.objects.floating_ip import FloatingIP, FloatingIPList

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)


class FloatingIPAPI:
    """Part of :class:`mininova.network.api.API`."""

    def get_floating_ip_pools(self, context):
        """List the names of the pools."""
        return self._backend.get_floating_ip_pools(context)

    def get_floating_ips_by_project(self, context):
        """List what the caller's project allocated, as objects.FloatingIPList."""
        return self._backend.get_floating_ips_by_project(context)

    def get_floating_ip(self, context, floating_ip_id):
        """Give one address, as objects.FloatingIP.

        :raises FloatingIpNotFound: unknown, or another project's (404)
        """
        return self._backend.get_floating_ip(context, floating_ip_id)

    def get_floating_ip_by_address(self, context, address):
        """Give one address, as objects.FloatingIP.

        :raises FloatingIpNotFoundForAddress: unknown, or another project's (404)
        """
        return self._backend.get_floating_ip_by_address(context, address)

    def allocate_floating_ip(self, context, pool=None):
        """Give the caller's project an address of a pool, by default `default_floating_pool`.

        :returns: objects.FloatingIP
        :raises FloatingIpPoolNotFound, NoMoreFloatingIps: (404)
        :raises FloatingIpLimitExceeded: (403)
        """
        return self._backend.allocate_floating_ip(context, pool)

    def disassociate_and_release_floating_ip(self, context, floating_ip):
        """Take an address from its guest, if it leads to one, and return it to its pool.

        :raises FloatingIpNotFound: somebody else did (404)
        :raises CannotDisassociateAutoAssignedFloatingIP: (403)
        """
        self._backend.disassociate_and_release_floating_ip(context, floating_ip)

    def associate_floating_ip(self, context, instance, floating_address, fixed_address):
        """Let an address lead to one of a server's own, and no longer to where it led before.

        :raises FloatingIpNotFoundForAddress: unknown, nobody's, or another project's (404)
        :raises FixedIpNotFoundForInstance, FloatingIpAssociated: (400)
        """
        self._backend.associate_floating_ip(context, instance, floating_address, fixed_address)

    def disassociate_floating_ip(self, context, instance, address):
        """Let an address lead to a server no longer.

        :raises FloatingIpNotFoundForAddress: unknown, or another project's (404)
        :raises FloatingIpNotAssociated: it does not lead to this server (409)
        :raises CannotDisassociateAutoAssignedFloatingIP: (403)
        """
        self._backend.disassociate_floating_ip(context, instance, address)


class BuiltinFloatingIPs:
    """Part of :class:`mininova.network.builtin.BuiltinBackend`."""

    def get_floating_ip_pools(self, context):
        return FloatingIPList.get_pool_names(context)

    def get_floating_ips_by_project(self, context):
        return FloatingIPList.get_by_project(context, context.project_id)

    def get_floating_ip(self, context, floating_ip_id):
        return FloatingIP.get_by_uuid(context, floating_ip_id)

    def get_floating_ip_by_address(self, context, address):
        return FloatingIP.get_by_address(context, address)

    def allocate_floating_ip(self, context, pool=None):
        return FloatingIP.allocate(context, pool or CONF.default_floating_pool,
                                   quota.get_limit(context, 'floating_ips'))

    def disassociate_and_release_floating_ip(self, context, floating_ip):
        self._tell(context, FloatingIP.release(context, floating_ip.uuid))

    def associate_floating_ip(self, context, instance, floating_address, fixed_address):
        self._tell(context, FloatingIP.associate(context, floating_address, fixed_address, instance.uuid))

    def disassociate_floating_ip(self, context, instance, address):
        self._tell(context, FloatingIP.disassociate(context, address, instance.uuid))

    def _tell(self, context, changed):
        """Wake the hosts that have something to do.

        :param changed: [(host, instance uuid)]
        """
        crashpoint('floating.F1.committed.after')
        for host, instance_uuid in changed:
            try:
                self._rpcapi.refresh_floating_ips(context, host, instance_uuid)
            except rpc.MessagingException as error:
                LOG.warning('nova-network on %s could not be told (%s); it finds the change of its floating addresses '
                            'within %s s.', host, error, CONF.network.sync_interval)
            crashpoint('floating.F2.told.after')
