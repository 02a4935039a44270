# SPDX-License-Identifier: Apache-2.0
"""Processors and memory: what a server wants, what a host has, and how the one fits into the other.

Data and arithmetic, free of any hypervisor and any database; used by every process (rank 0).  By noun: sets of CPUs in
cpu_set, what hosts and servers have in topology, what a host offers of it in host_cells, what flavor and image want in
policies, pages and constraints, how the guest sees its CPUs in cpu_topology, who gets which CPU in pinning, which NUMA
cell in fitting.
Nova: nova/virt/hardware.py.
"""
from mininova.virt.hardware.constraints import (  # noqa: F401
    describe_wishes,
    numa_get_constraints,
    shared_vcpus,
    validate,
)
from mininova.virt.hardware.cpu_set import format_cpu_spec, parse_cpu_spec  # noqa: F401
from mininova.virt.hardware.cpu_topology import VirtCPUTopology, get_best_cpu_topology  # noqa: F401
from mininova.virt.hardware.fitting import Misfit, by_preference, numa_fit_instance_to_host  # noqa: F401
from mininova.virt.hardware.host_cells import check_pinned, get_host_topology, shared_cpus  # noqa: F401
from mininova.virt.hardware.info import InstanceInfo  # noqa: F401
from mininova.virt.hardware.policies import get_realtime_cpu_constraint  # noqa: F401
from mininova.virt.hardware.topology import (  # noqa: F401
    InstanceNUMACell,
    InstanceNUMATopology,
    NUMACell,
    NUMAPagesTopology,
    NUMATopology,
)
