# SPDX-License-Identifier: Apache-2.0
"""NumInstancesWeigher: by the number of servers on a host.  Nova: nova/scheduler/weights/num_instances.py."""
from mininova.scheduler import weights


class NumInstancesWeigher(weights.BaseHostWeigher):
    """A positive num_instances_weight_multiplier stacks, a negative one spreads."""
    attribute = 'num_instances'
    option = 'num_instances_weight_multiplier'
