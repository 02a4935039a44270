# SPDX-License-Identifier: Apache-2.0
"""What suspend and resume accept.  Nova: nova/api/openstack/compute/schemas/suspend_server.py."""
from mininova.api.openstack.compute.schemas import server_actions

suspend = server_actions.bare('suspend')
resume = server_actions.bare('resume')
