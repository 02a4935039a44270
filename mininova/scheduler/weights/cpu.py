# SPDX-License-Identifier: Apache-2.0
"""CPUWeigher: by virtual CPUs that may still be claimed.  Nova: nova/scheduler/weights/cpu.py."""
import mininova.conf
from mininova.scheduler import weights

CONF = mininova.conf.CONF


class CPUWeigher(weights.BaseHostWeigher):
    """A positive cpu_weight_multiplier spreads, a negative one stacks."""

    attribute = 'free_vcpus'

    def __init__(self, spec):
        super().__init__(spec)
        self.multiplier = CONF.filter_scheduler.cpu_weight_multiplier
