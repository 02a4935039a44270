# SPDX-License-Identifier: Apache-2.0
"""Monitors: what nova-compute measures of its host again and again, for MetricsFilter and MetricsWeigher.

Found by stevedore, one group for each kind: ``mininova.compute.monitors.cpu``.

Nova: nova/compute/monitors/__init__.py.
"""
import stevedore
from oslo_log import log
from oslo_utils import timeutils

import mininova.conf

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

GROUP = 'mininova.compute.monitors'
KINDS = ('cpu',)


class MonitorHandler:
    """The monitors that [DEFAULT] compute_monitors names; one of a kind, the first."""

    def __init__(self, driver):
        wanted = [name if '.' in name else f'{KINDS[0]}.{name}' for name in CONF.compute_monitors]
        self.monitors, known = [], []
        for kind in KINDS:
            found = {f'{kind}.{extension.name}': extension.plugin
                     for extension in stevedore.ExtensionManager(f'{GROUP}.{kind}')} if wanted else {}
            chosen = [name for name in wanted if name in found]
            self.monitors += [(name, found[name](driver)) for name in chosen[:1]]
            known += found
        unused = [name for name in wanted if name not in dict(self.monitors)]
        if unused:
            LOG.warning('[DEFAULT] compute_monitors: %s is not used. There are %s, and one of a kind is enough.',
                        ', '.join(unused), ', '.join(known))

    def collect(self):
        """Return [{'name', 'value', 'timestamp', 'source'}] of what the monitors measure now."""
        found = []
        for source, monitor in self.monitors:
            try:
                values = monitor.measure()
            except Exception:
                LOG.warning('Monitor %s could not measure.', source, exc_info=True)
                continue
            now = timeutils.utcnow().isoformat(timespec='seconds')
            found += [{'name': name, 'value': value, 'timestamp': now, 'source': source}
                      for name, value in values.items()]
        return found
