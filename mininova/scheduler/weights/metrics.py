# SPDX-License-Identifier: Apache-2.0
"""MetricsWeigher: by what the hosts' monitors report.  Nova: nova/scheduler/weights/metrics.py."""
import functools
import math

from oslo_log import log

import mininova.conf
from mininova import exception
from mininova.scheduler import weights

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)


def setting():
    """Return [(metric, ratio), ...] of [metrics] weight_setting."""
    return parse('[metrics] weight_setting', tuple(CONF.metrics.weight_setting))


@functools.lru_cache(maxsize=32)
def parse(option, entries):
    """Return [(name, ratio), ...] of 'name=ratio' texts; what is none is told in the log once and ignored."""
    found, wrong = [], []
    for entry in entries:
        name, equals, text = entry.partition('=')
        try:
            ratio = float(text)
        except ValueError:
            ratio = math.nan
        if name.strip() and equals and math.isfinite(ratio):
            found.append((name.strip(), ratio))
        else:
            wrong.append(entry)
    if wrong:
        LOG.warning('%s: ignored is %s, which is not name=number.', option, ', '.join(wrong))
    return found


class MetricsWeigher(weights.BaseHostWeigher):
    """The sum of the metrics of [metrics] weight_setting, each times its ratio."""
    option = 'metrics_weight_multiplier'

    def __init__(self, spec):
        super().__init__(spec)
        self.setting = setting()
        self.applies = bool(self.setting)

    def read_multiplier(self):
        return CONF.metrics.weight_multiplier

    def weigh(self, host):
        """:raises ComputeHostMetricNotFound: [metrics] required, and the host does not report one (404)"""
        total = 0.0
        for name, ratio in self.setting:
            if name in host.metrics:
                total += host.metrics[name] * ratio
            elif CONF.metrics.required:
                raise exception.ComputeHostMetricNotFound(host=host.host, node=host.nodename, name=name)
            elif ratio:
                return CONF.metrics.weight_of_unavailable
        return total
