# SPDX-License-Identifier: Apache-2.0
"""ComputeFilter: the host's nova-compute lives and takes guests.  Nova: nova/scheduler/filters/compute_filter.py."""
from mininova.scheduler import filters


class ComputeFilter(filters.BaseHostFilter):
    """Disabled, forced down, silent for longer than service_down_time, or not there at all."""
    remedy = ('`openstack compute service list` shows it; start nova-compute there, or `openstack compute service set '
              '--enable HOST nova-compute`; [DEFAULT] service_down_time')

    def split(self, hosts):
        kept = [host for host in hosts if host.service is None]
        if len(kept) == len(hosts):
            return kept, []
        return kept, [(host, self.host_passes(host)) for host in hosts if host.service is not None]

    def host_passes(self, host):
        service = host.service
        if service is None:
            return filters.PASS
        if service.get('missing'):
            return self.reason('has no nova-compute service', 'up and enabled', 'no service')
        if service['disabled']:
            why = service['disabled_reason']
            return self.reason(f'disabled: {why}' if why else 'disabled', 'up and enabled', 'disabled')
        if service['forced_down']:
            return self.reason('forced down', 'up and enabled', 'forced down')
        age = service['age']
        if age is None:
            return self.reason('never came up', 'up and enabled', 'down')
        return self.reason(f'down for {age:.0f} s', 'up and enabled', 'down')
