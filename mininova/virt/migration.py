# SPDX-License-Identifier: Apache-2.0
"""How far a live migration is, as drivers report it (nova-compute).  Nova: JobInfo of nova/virt/libvirt/guest.py."""
import dataclasses


@dataclasses.dataclass
class JobInfo:
    """Bytes of memory and disk: in all, sent, and still to be sent; of memory the guest may make more meanwhile."""

    memory_total: int = 0
    memory_processed: int = 0
    memory_remaining: int = 0
    disk_total: int = 0
    disk_processed: int = 0
    disk_remaining: int = 0

    @property
    def progress(self):
        """Percent that is done."""
        total = self.memory_total + self.disk_total
        remaining = self.memory_remaining + self.disk_remaining
        return 0 if not total else max(0, min(100, 100 - remaining * 100 // total))

    def columns(self):
        """Return the counters by the names of a migration record's fields."""
        return dataclasses.asdict(self)
