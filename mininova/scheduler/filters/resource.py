# SPDX-License-Identifier: Apache-2.0
"""What RamFilter, CoreFilter and DiskFilter have in common.

They compare as the claim in the database does: claimed + wanted <= (total - reserved) * ratio, and who wants nothing always
fits.  Nova: nova/scheduler/filters/ram_filter.py and others of Newton; later Nova asks Placement.
"""
from mininova.scheduler import filters


class ResourceFilter(filters.BaseHostFilter):
    """:cvar unit: follows each amount: 'MB'"""
    unit = ''

    def __init__(self, spec, wanted):
        super().__init__(spec)
        self.wanted = wanted
        self.applies = wanted > 0

    def too_small(self, free, total, reserved, ratio, used):
        """Return the Reason of a host with so much left of a total."""
        free = max(0, int(free))
        kept_back = f'({total} - {reserved} reserved)' if reserved else str(total)
        return self.reason(f'needs {self.wanted} {self.unit}, free {free} {self.unit} = {kept_back} x {ratio:g} - {used} claimed',
                           self.wanted, free)

    @classmethod
    def summarise(cls, rejected):
        host, most = max(rejected, key=lambda pair: pair[1].had)
        return f'needs {most.wanted} {cls.unit}, most free {most.had} {cls.unit} on {host.host}'
