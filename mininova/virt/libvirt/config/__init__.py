# SPDX-License-Identifier: Apache-2.0
"""libvirt's XML as objects.  Runs in nova-compute.  Nova: nova/virt/libvirt/config.py.

========== ============================================================
base       making elements safely, parsing without document types
guest      the domain: CPU, firmware, features, metadata
devices    disks, cards, consoles and the small devices
nwfilter   network filters
caps       what the host and its emulators can do (read only)
nodedev    devices of the host (read only)
live       what a running domain looks like (read only)
========== ============================================================
"""
