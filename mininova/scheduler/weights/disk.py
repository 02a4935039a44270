# SPDX-License-Identifier: Apache-2.0
"""DiskWeigher: by free disk in MiB.  Nova: nova/scheduler/weights/disk.py."""
from mininova.scheduler import weights


class DiskWeigher(weights.BaseHostWeigher):
    """A positive disk_weight_multiplier spreads, a negative one stacks."""
    attribute = 'free_disk_mb'
    option = 'disk_weight_multiplier'
