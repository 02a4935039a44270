# SPDX-License-Identifier: Apache-2.0
"""MetricsFilter: the host reports every metric that is weighed.  Nova: nova/scheduler/filters/metrics_filter.py."""
from mininova.scheduler import filters
from mininova.scheduler.weights import metrics


class MetricsFilter(filters.BaseHostFilter):
    """For MetricsWeigher, which cannot weigh a host otherwise."""
    remedy = '[DEFAULT] compute_monitors of the hosts; [metrics] weight_setting'

    def __init__(self, spec):
        super().__init__(spec)
        self.names = [name for name, _ratio in metrics.setting()]
        self.applies = bool(self.names)

    def host_passes(self, host):
        missing = [name for name in self.names if name not in host.metrics]
        if not missing:
            return filters.PASS
        names = ', '.join(missing)
        return self.reason(f'does not report {names}', names, ', '.join(sorted(host.metrics)))
