# SPDX-License-Identifier: Apache-2.0
"""ImagePropertiesWeigher: hosts whose servers have images like the one asked for.

Nova: nova/scheduler/weights/image_props.py.
"""
import mininova.conf
from mininova.objects import host_states
from mininova.scheduler import weights
from mininova.scheduler.weights import metrics

CONF = mininova.conf.CONF


class ImagePropertiesWeigher(weights.BaseHostWeigher):
    """How often the properties of the image occur, with the same values, on a host's servers.

    Each occurrence counts as much as image_props_weight_setting says, or 1 each if that is empty.  The servers are read
    when the first host is weighed, once for a request.
    """
    option = 'image_props_weight_multiplier'

    def __init__(self, spec):
        super().__init__(spec)
        properties = (spec.image.properties if spec.image is not None else None) or {}
        ratios = dict(metrics.parse('[filter_scheduler] image_props_weight_setting',
                                    tuple(CONF.filter_scheduler.image_props_weight_setting)))
        self.wanted = {name: (value, ratios.get(name, 0.0) if ratios else 1.0)
                       for name, value in properties.items() if value is not None and (not ratios or ratios.get(name))}
        self.applies = bool(self.wanted)
        self._weights = None

    def _look(self):
        """Return {node id: weight} of the nodes that have servers with some of the properties."""
        found = {}
        values = {name: value for name, (value, _ratio) in self.wanted.items()}
        for (node_id, name), number in host_states.count_image_properties(values).items():
            found[node_id] = found.get(node_id, 0.0) + number * self.wanted[name][1]
        return found

    def weigh(self, host):
        if self._weights is None:
            self._weights = self._look()
        return self._weights.get(host.compute_node_id, 0.0)

    def consumed(self, host):
        if self._weights is not None:
            self._weights[host.compute_node_id] = self.weigh(host) + sum(ratio for _, ratio in self.wanted.values())
