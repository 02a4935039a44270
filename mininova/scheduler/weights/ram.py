# SPDX-License-Identifier: Apache-2.0
"""RAMWeigher: by free memory in MiB.  Nova: nova/scheduler/weights/ram.py."""
import mininova.conf
from mininova.scheduler import weights

CONF = mininova.conf.CONF


class RAMWeigher(weights.BaseHostWeigher):
    """A positive ram_weight_multiplier spreads, a negative one stacks."""

    attribute = 'free_ram_mb'

    def __init__(self, spec):
        super().__init__(spec)
        self.multiplier = CONF.filter_scheduler.ram_weight_multiplier
