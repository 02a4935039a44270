# SPDX-License-Identifier: Apache-2.0
"""What restore and forceDelete accept.  Nova: nova/api/openstack/compute/schemas/deferred_delete.py."""
from mininova.api.openstack.compute.schemas import server_actions

restore = server_actions.bare('restore')
force_delete = server_actions.bare('forceDelete')
