# SPDX-License-Identifier: Apache-2.0
"""IoOpsWeigher: by what is under way on a host that keeps its disks busy.  Nova: nova/scheduler/weights/io_ops.py."""
from mininova.scheduler import weights


class IoOpsWeigher(weights.BaseHostWeigher):
    """A negative io_ops_weight_multiplier, the default, prefers idle hosts."""
    attribute = 'num_io_ops'
    option = 'io_ops_weight_multiplier'
