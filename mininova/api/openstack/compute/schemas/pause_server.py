# SPDX-License-Identifier: Apache-2.0
"""What pause and unpause accept.  Nova: nova/api/openstack/compute/schemas/pause_server.py."""
from mininova.api.openstack.compute.schemas import server_actions

pause = server_actions.bare('pause')
unpause = server_actions.bare('unpause')
