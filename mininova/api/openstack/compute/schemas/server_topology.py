# SPDX-License-Identifier: Apache-2.0
"""What a request for the topology of a server accepts.  Nova: nova/api/openstack/compute/schemas/server_topology.py."""
from mininova.api import validation

index_query = validation.query({}, closed='2.78')
