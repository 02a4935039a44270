# SPDX-License-Identifier: Apache-2.0
"""What the hypervisor says of a guest.  The numbers and their gaps are libvirt's.  Nova:
nova/compute/power_state.py."""
NOSTATE = 0x00
RUNNING = 0x01
PAUSED = 0x03
SHUTDOWN = 0x04
CRASHED = 0x06
SUSPENDED = 0x07

STATE_MAP = {NOSTATE: 'pending', RUNNING: 'running', PAUSED: 'paused', SHUTDOWN: 'shutdown', CRASHED: 'crashed',
             SUSPENDED: 'suspended'}
