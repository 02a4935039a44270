# SPDX-License-Identifier: Apache-2.0
"""The scheduler's way to the tables of hosts and claims: plain rows, no object for each of thousands of hosts.

Only for processes with a database of their own; nova-compute has none and uses ComputeNode and Allocation.
"""
from mininova.db import claims, groups, host_states, system_metadata

Known = host_states.Known
Wanted = claims.Wanted

CLAIMED = claims.CLAIMED
HELD = claims.HELD
NO_ROOM = claims.NO_ROOM
GROUP_POLICY = claims.GROUP_POLICY
INSTANCE_GONE = claims.INSTANCE_GONE

read = host_states.read
claim_many = claims.claim_many
nodes_by_instance = claims.nodes_by_instance
claims_of_group = groups.claims_of_others
count_image_properties = system_metadata.count_image_properties
