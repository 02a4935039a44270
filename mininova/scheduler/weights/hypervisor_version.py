# SPDX-License-Identifier: Apache-2.0
"""HypervisorVersionWeigher: by the hypervisor's version.  Nova: nova/scheduler/weights/hypervisor_version.py."""
from mininova.scheduler import weights


class HypervisorVersionWeigher(weights.BaseHostWeigher):
    """A positive hypervisor_version_weight_multiplier prefers the newer one; a host that names none has the oldest."""
    option = 'hypervisor_version_weight_multiplier'

    def weigh(self, host):
        return host.hypervisor_version or 0
