# SPDX-License-Identifier: Apache-2.0
"""What can be asked of nova-scheduler over RPC.  Nova: nova/scheduler/rpcapi.py.

Version history:

* 1.0 - first
"""
from mininova import rpc

TOPIC = 'scheduler'
SELECT_TIMEOUT = 20  # seconds; asking again finds the claims of a lost answer, so waiting longer gains nothing


class SchedulerAPI(rpc.Client):
    TOPIC = TOPIC
    VERSION = '1.0'

    def select_destinations(self, context, request_spec, instance_uuids, return_alternates=True):
        """Pick and claim a host for each server.

        :returns: per server a list of {'host', 'node', 'compute_node_id'}: first the one that is claimed, then
            alternates, with the allocation 'ratios' that a claim there needs if aggregates set them; for a server
            deleted meanwhile nothing is claimed
        :raises NoValidHost: nothing is claimed for any of them (400)
        """
        return self._call(context, 'select_destinations', timeout=SELECT_TIMEOUT, request_spec=request_spec,
                          instance_uuids=instance_uuids, return_alternates=return_alternates)
