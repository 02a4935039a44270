# SPDX-License-Identifier: Apache-2.0
"""What RamFilter, CoreFilter and DiskFilter have in common.

They compare as the claim in the database does: claimed + wanted <= (total - reserved) * ratio, and who wants nothing
always fits.  Nova: nova/scheduler/filters/ram_filter.py and others of Newton; later Nova asks Placement.
"""
import operator

from mininova.scheduler import filters


class ResourceFilter(filters.BaseHostFilter):
    """Compares an amount with what a host may still promise.

    :cvar unit: follows each amount: 'MB'
    :cvar room: attribute of the host state, what may still be claimed
    :cvar ratio: attribute of the host state, and key in the metadata of aggregates
    """
    unit = room = ratio = ''

    def __init__(self, spec, wanted):
        super().__init__(spec)
        self.wanted = wanted
        self.applies = wanted > 0

    def host_passes(self, host):
        return filters.PASS if getattr(host, self.room) >= self.wanted else self.too_small(host)

    def split(self, hosts):
        wanted, rooms = self.wanted, list(map(operator.attrgetter(self.room), hosts))
        kept = [host for host, room in zip(hosts, rooms, strict=True) if room >= wanted]
        if len(kept) == len(hosts):
            return kept, []
        return kept, [(host, self.too_small(host)) for host, room in zip(hosts, rooms, strict=True) if room < wanted]

    def numbers(self, host):
        """Return total, reserved and claimed of a host."""
        raise NotImplementedError

    def too_small(self, host):
        """Return the Reason of a host without enough room, with the numbers that were compared."""
        free = max(0, getattr(host, self.room))
        total, reserved, claimed = self.numbers(host)
        total = f'({total} - {reserved} reserved)' if reserved else total
        ratio = f'{getattr(host, self.ratio):g}'
        if self.ratio in host.ratios:
            ratio += f' of {" and ".join(host.aggregate_metadata.names(self.ratio))}'
        text = f'needs {self.wanted} {self.unit}, free {free} {self.unit} = {total} x {ratio} - {claimed} claimed'
        return self.reason(text, self.wanted, free)

    @classmethod
    def summarise(cls, rejected):
        host, most = max(rejected, key=lambda pair: pair[1].had)
        return f'needs {most.wanted} {cls.unit}, most free {most.had} {cls.unit} on {host.host}'
