# SPDX-License-Identifier: Apache-2.0
"""ServerGroupSoftAffinityWeigher, ServerGroupSoftAntiAffinityWeigher: by members of the server's group on a host.

Nova: nova/scheduler/weights/affinity.py.
"""
from mininova.scheduler import group_view, weights


class _GroupWeigher(group_view.GroupView, weights.BaseHostWeigher):
    def __init__(self, spec):
        super().__init__(spec)
        self.applies = self.look(spec)


class ServerGroupSoftAffinityWeigher(_GroupWeigher):
    """The more members a host has, the better."""
    policies = ('soft-affinity',)
    option = 'soft_affinity_weight_multiplier'

    def weigh(self, host):
        return len(self.members_on(host))


class ServerGroupSoftAntiAffinityWeigher(_GroupWeigher):
    """The fewer members a host has, the better."""
    policies = ('soft-anti-affinity',)
    option = 'soft_anti_affinity_weight_multiplier'

    def weigh(self, host):
        return -len(self.members_on(host))
