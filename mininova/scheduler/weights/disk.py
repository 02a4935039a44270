# SPDX-License-Identifier: Apache-2.0
"""DiskWeigher: by free disk in MiB.  Nova: nova/scheduler/weights/disk.py."""
import mininova.conf
from mininova.scheduler import weights

CONF = mininova.conf.CONF


class DiskWeigher(weights.BaseHostWeigher):
    """A positive disk_weight_multiplier spreads, a negative one stacks."""

    attribute = 'free_disk_mb'

    def __init__(self, spec):
        super().__init__(spec)
        self.multiplier = CONF.filter_scheduler.disk_weight_multiplier
