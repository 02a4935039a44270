# SPDX-License-Identifier: Apache-2.0
"""BuildFailureWeigher: away from hosts where builds fail.  Nova: nova/scheduler/weights/compute.py."""
from mininova.scheduler import weights


class BuildFailureWeigher(weights.BaseHostWeigher):
    """By builds that failed on a host since the last one that worked; the fewer, the better."""
    option = 'build_failure_weight_multiplier'

    def weigh(self, host):
        return -host.failed_builds
