# SPDX-License-Identifier: Apache-2.0
"""NetworkAPI: how other services reach nova-network on a host.  Nova: nova/network/rpcapi.py (Newton).

Version history:

* 1.0 allocate_for_instance, deallocate_for_instance, setup_instance_on_host, get_instance_nw_info, get_host_facts,
  lease_fixed_ip, release_fixed_ip, cleanup_instance_on_host,
  prepare_instance_on_host, refresh_instance_on_host, refresh_floating_ips
* 1.1 refresh_security_groups
"""
from mininova import rpc

DEALLOCATE_TIMEOUT = 20  # seconds; a delete need not wait longer, nova-network finishes by itself


class NetworkAPI(rpc.Client):
    """Methods of ``mininova.network.manager.NetworkManager``; network_info comes as plain lists."""
    TOPIC = 'network'
    VERSION = '1.1'

    def allocate_for_instance(self, context, host, instance_uuid, project_id, requested_networks):
        """Give a guest addresses and make its networks ready on its host; wait for the network_info."""
        return self._call(context, 'allocate_for_instance', server=host, instance_uuid=instance_uuid,
                          project_id=project_id, requested_networks=requested_networks)

    def deallocate_for_instance(self, context, host, instance_uuid):
        """Take back a guest's addresses, and its networks if it was the last guest; wait until it is done."""
        return self._call(context, 'deallocate_for_instance', server=host, timeout=DEALLOCATE_TIMEOUT,
                          instance_uuid=instance_uuid)

    def setup_instance_on_host(self, context, host, instance_uuid):
        """Make a guest's networks ready on a host that now has it; wait for the network_info."""
        return self._call(context, 'setup_instance_on_host', server=host, instance_uuid=instance_uuid)

    def prepare_instance_on_host(self, context, host, instance_uuid):
        """Make a guest's networks ready on a host to which it is under way; wait for the network_info."""
        return self._call(context, 'prepare_instance_on_host', server=host, instance_uuid=instance_uuid)

    def cleanup_instance_on_host(self, context, host, instance_uuid):
        """Make a host forget a guest that left it; wait until it is done."""
        return self._call(context, 'cleanup_instance_on_host', server=host, timeout=DEALLOCATE_TIMEOUT,
                          instance_uuid=instance_uuid)

    def refresh_instance_on_host(self, context, host, instance_uuid):
        """Make a guest's host serve the cards and addresses that it has by now; wait for the network_info."""
        return self._call(context, 'refresh_instance_on_host', server=host, instance_uuid=instance_uuid)

    def refresh_floating_ips(self, context, host, instance_uuid):
        """Tell a host that floating addresses of a guest have changed; do not wait."""
        self._cast(context, 'refresh_floating_ips', server=host, instance_uuid=instance_uuid)

    def get_instance_nw_info(self, context, host, instance_uuid):
        """Ask for the network_info of a guest."""
        return self._call(context, 'get_instance_nw_info', server=host, instance_uuid=instance_uuid)

    def get_host_facts(self, context, host, timeout=10):
        """Ask what a host really has: bridges, DHCP entries, leases, rules."""
        return self._call(context, 'get_host_facts', server=host, timeout=timeout)

    def lease_fixed_ip(self, context, host, address, mac):
        """Tell that a DHCP server gave or renewed a lease; do not wait."""
        self._cast(context, 'lease_fixed_ip', server=host, address=address, mac=mac)

    def release_fixed_ip(self, context, host, address, mac):
        """Tell that a lease ended; do not wait."""
        self._cast(context, 'release_fixed_ip', server=host, address=address, mac=mac)

    def refresh_security_groups(self, context, host):
        """Tell a host that what the security groups of its guests let in may have changed; do not wait."""
        self._cast(context, 'refresh_security_groups', server=host)
