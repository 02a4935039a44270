# SPDX-License-Identifier: Apache-2.0
"""The host's processors as the hypervisor's driver sees them.  Nova: nova/compute/monitors/cpu/virt_driver.py."""
from mininova.compute.monitors import base

STATES = ('kernel', 'idle', 'user', 'iowait')


class Monitor(base.MonitorBase):
    """cpu.frequency in MHz; cpu.user.time and so on in nanoseconds since the host started; cpu.user.percent and so on
    as the share, 0 to 1, of the time since the last look; cpu.percent as the share that was not idle.
    """

    def __init__(self, driver):
        super().__init__(driver)
        self._last = dict.fromkeys(STATES, 0)
        self._shares = {}

    def measure(self):
        found = self.driver.get_host_cpu_stats()
        passed = {state: found[state] - self._last[state] for state in STATES}
        total = sum(passed.values())
        if total > 0:
            self._shares = {state: max(0, passed[state]) / total for state in STATES}
            self._last = {state: found[state] for state in STATES}
        metrics = {'cpu.frequency': found['frequency']}
        metrics.update((f'cpu.{state}.time', found[state]) for state in STATES)
        metrics.update((f'cpu.{state}.percent', share) for state, share in self._shares.items())
        if self._shares:
            metrics['cpu.percent'] = 1.0 - self._shares['idle']
        return metrics
