# SPDX-License-Identifier: Apache-2.0
"""Where the other members of a server's group are, as one request sees it.  Runs in nova-scheduler.

Claims say it exactly, also of servers that are being built; the request's own picks are added as they are made.  For
the hard policies this is a look ahead with reasons: the claim itself decides (``mininova/db/claims.py``).
"""
from mininova.objects import host_states


class GroupView:
    """What filters and weighers of server groups share.

    :cvar policies: of groups that the filter or weigher is about
    """
    policies = ()

    def look(self, spec):
        """Read where the members are; return whether the request's server is in such a group."""
        group = spec.group or {}
        self.rules, self.held = {}, {}
        if group.get('policy') not in self.policies:
            return False
        self.rules, self.held = host_states.claims_of_group(group['uuid'], spec.instance_uuid)
        return True

    def members_on(self, host):
        """Return the uuids of the members on a host."""
        return self.held.get(host.compute_node_id, [])

    def consumed(self, host):
        """Note that the request gives one of its servers to a host."""
        self.held.setdefault(host.compute_node_id, []).append('one of this request')
