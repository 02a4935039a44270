# SPDX-License-Identifier: Apache-2.0
"""Names under which actions are recorded.  Nova: nova/compute/instance_actions.py."""
CREATE = 'create'
DELETE = 'delete'
START = 'start'
STOP = 'stop'
REBOOT = 'reboot'
