# SPDX-License-Identifier: Apache-2.0
"""The machine behind the fake driver: its guests, in memory or in files.  Runs in nova-compute.

Cut out of Nova's nova/virt/fake.py (FakeInstance, Resources), where guests die with the service.  With ``[fake]
persistent`` every change of a guest is in a file before the call returns, so tests may kill nova-compute at
any place and find on the next start what a real hypervisor would show.
"""
import dataclasses
import json
import os
import shutil
import time

import mininova.conf
from mininova.compute import power_state
from mininova.virt import fault_plan, hardware

CONF = mininova.conf.CONF

_hosts = {}

SMALL_PAGE_KB = 4


@dataclasses.dataclass
class Guest:
    """What the host holds of one guest; `domain` and `disks` say which halves exist.

    :ivar numa_topology: document of the CPUs and pages of the machine that it was given
    :ivar pci_devices: documents of the PCI devices of the machine that it was given
    :ivar content: stands for what is on its root disk
    :ivar kept: disks of a guest that moved away, until its move is decided; see virt/fake_migration.py
    """

    uuid: str
    name: str
    state: int = power_state.SHUTDOWN
    domain: bool = False
    disks: bool = False
    internal_id: int | None = None
    vcpus: int = 0
    memory_mb: int = 0
    disk_gb: int = 0
    num_disks: int = 0
    macs: list = dataclasses.field(default_factory=list)
    numa_topology: dict | None = None
    pci_devices: list | None = None
    config_drive: list | None = None
    copying: bool = False
    image_id: str | None = None
    rescue_image_id: str | None = None
    disk_number: int = 0
    content: str = ''
    kept: dict | None = None
    console: str = ''
    started_at: float = 0.0
    saved: bool = False
    interrupts: int = 0
    incoming: bool = False

    @property
    def running(self):
        """Whether its CPUs have power."""
        return self.state in (power_state.RUNNING, power_state.PAUSED, power_state.SUSPENDED)


class FakeHost:
    """One pretended machine, shared by all drivers of this process that bear its name."""

    def __init__(self, name):
        self.name = name
        self.guests = {}
        self.faults = fault_plan.FaultPlan(CONF.fake.faults)
        self.jobs = {}
        self.images = set()
        self._next_id = self._disks_made = 0
        self._directory = os.path.join(CONF.state_path, 'fake', name) if CONF.fake.persistent else None
        self._load()

    @property
    def directory(self):
        """Where its guests are kept, or None."""
        return self._directory

    def look_again(self, uuid):
        """Return a guest, or None; one that is expected may have been brought by another process."""
        guest = self.guests.get(uuid)
        if guest and guest.incoming and self._directory:
            with open(os.path.join(self._directory, uuid + '.json'), encoding='utf-8') as stream:
                guest = self.guests[uuid] = Guest(**json.load(stream))
        return guest

    def _load(self):
        if not self._directory:
            return
        os.makedirs(self._directory, mode=0o700, exist_ok=True)
        for entry in os.listdir(self._directory):
            if entry.endswith('.json'):
                with open(os.path.join(self._directory, entry), encoding='utf-8') as stream:
                    guest = Guest(**json.load(stream))
                self.guests[guest.uuid] = guest
        self._next_id = max((guest.internal_id or 0 for guest in self.guests.values()), default=0)

    def keep(self, guest):
        """Remember a guest as it is now; one without domain and disks is forgotten."""
        if guest.domain or guest.disks or guest.kept:
            self.guests[guest.uuid] = guest
        else:
            self.guests.pop(guest.uuid, None)
        if self._directory:
            self._write(guest)

    def _write(self, guest):
        path = os.path.join(self._directory, guest.uuid + '.json')
        if guest.uuid not in self.guests:
            if os.path.exists(path):
                os.unlink(path)
            return
        _write_guest(path, guest)

    def start(self, guest):
        """Give a guest power."""
        self._next_id += 1
        guest.state = power_state.RUNNING
        guest.console += f'{guest.name}: {"memory loaded" if guest.saved else "started"}\n'
        guest.saved = False
        guest.internal_id = self._next_id
        guest.started_at = time.time()
        self.keep(guest)

    def stop(self, guest, state=power_state.SHUTDOWN):
        """Take a guest's power away."""
        guest.state = state
        guest.internal_id = None
        self.keep(guest)

    def next_disk_number(self):
        """Return a number that no disk made here had."""
        self._disks_made += 1
        return self._disks_made

    def used(self):
        """Return (vcpus, memory_mb, disk_gb) that guests hold; disks count even without a domain."""
        guests = list(self.guests.values())
        return (sum(g.vcpus for g in guests if g.domain), sum(g.memory_mb for g in guests if g.domain),
                sum(g.disk_gb for g in guests if g.disks) + sum(g.kept['disk_gb'] for g in guests if g.kept))


def cpu_stats(running):
    """Return what a machine's processors did since it started: a tenth is the host's, 2 % each running guest's."""
    with open('/proc/uptime', encoding='ascii') as stream:
        total = int(float(stream.read().split()[0]) * 10 ** 9)
    user = min(80, 2 * running) * total // 100
    return {'kernel': total // 20, 'iowait': total // 20, 'user': user, 'idle': total - user - total // 20 * 2,
            'frequency': 2000}


def places(guest):
    """Say where a guest finds its cards, as if it had a PCI bus (Instance.device_metadata)."""
    return {'nics': {mac: ['pci', f'0000:00:{slot:02x}.0'] for slot, mac in enumerate(guest.macs, 3)}, 'disks': {}}


def numa_topology():
    """Return the NUMATopology that the options pretend, None for none."""
    count = CONF.fake.numa_cells
    if not count:
        return None
    each, threads = CONF.fake.vcpus // count, CONF.fake.threads_per_core
    memory, cells = CONF.fake.memory_mb // count, []
    for number in range(count):
        cpus = range(number * each, (number + 1) * each)
        huge = {int(size_kb): total for size_kb, total in CONF.fake.mempages.items()}
        small = max(0, memory * 1024 - sum(size_kb * total for size_kb, total in huge.items())) // SMALL_PAGE_KB
        cells.append(hardware.NUMACell(
            number, set(cpus), set(), memory, [set(cpus[start:start + threads]) for start in range(0, each, threads)],
            [hardware.NUMAPagesTopology(size_kb, total) for size_kb, total in sorted({SMALL_PAGE_KB: small,
                                                                                     **huge}.items())], number))
    return hardware.get_host_topology(cells)


def _write_guest(path, guest):
    with open(path + '.part', 'w', encoding='utf-8') as stream:
        json.dump(dataclasses.asdict(guest), stream)
    os.replace(path + '.part', path)


def deliver(name, directory, guest):
    """Bring a guest to the machine that expects it, of this process or, by its file, of another one."""
    if name in _hosts:
        _hosts[name].keep(guest)
    elif directory:
        _write_guest(os.path.join(directory, guest.uuid + '.json'), guest)


def get(name):
    """Return the host of that name, made on first use."""
    if name not in _hosts:
        _hosts[name] = FakeHost(name)
    return _hosts[name]


def reload(name):
    """Forget what is in memory, as a restart of the process does; persistent guests are read again."""
    _hosts.pop(name, None)
    return get(name)


def clear():
    """Forget all hosts of this process and their files (tests)."""
    for host in _hosts.values():
        if host._directory:
            shutil.rmtree(host._directory, ignore_errors=True)
    _hosts.clear()
