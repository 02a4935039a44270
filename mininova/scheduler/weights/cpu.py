# SPDX-License-Identifier: Apache-2.0
"""CPUWeigher: by virtual CPUs that may still be claimed.  Nova: nova/scheduler/weights/cpu.py."""
from mininova.scheduler import weights


class CPUWeigher(weights.BaseHostWeigher):
    """A positive cpu_weight_multiplier spreads, a negative one stacks."""
    attribute = 'free_vcpus'
    option = 'cpu_weight_multiplier'
