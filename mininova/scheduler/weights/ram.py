# SPDX-License-Identifier: Apache-2.0
"""RAMWeigher: by free memory in MiB.  Nova: nova/scheduler/weights/ram.py."""
from mininova.scheduler import weights


class RAMWeigher(weights.BaseHostWeigher):
    """A positive ram_weight_multiplier spreads, a negative one stacks."""
    attribute = 'free_ram_mb'
    option = 'ram_weight_multiplier'
