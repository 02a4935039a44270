# SPDX-License-Identifier: Apache-2.0
"""PCI devices of hosts for guests: which there are, which a server wants, and which of them it gets.

Data and arithmetic, free of any hypervisor and any database; used by every process (rank 0).  By noun: what an
operator lets guests have in devspec, what flavors ask for in request, single devices in device, the free ones of a
host in stats, devices together with NUMA cells in fitting.
Nova: nova/pci.
"""
