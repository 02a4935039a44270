# SPDX-License-Identifier: Apache-2.0
"""Which CPUs of a host's cell the virtual CPUs of a server get for themselves.

Nova: _pack_instance_onto_cores of nova/virt/hardware.py.
"""
import typing

from mininova.virt.hardware import policies


class Pins(typing.NamedTuple):
    """:ivar pinning: {virtual CPU: CPU of the host}
    :ivar reserved: CPUs of the host for the emulator alone
    :ivar blocked: CPUs that stay idle because their core is isolated
    :ivar threads: of one core that neighbouring virtual CPUs are
    """

    pinning: dict
    reserved: set
    blocked: set
    threads: int = 1


class TooFew(typing.NamedTuple):
    """Why a cell has not enough: what was counted, how many were wanted, how many there are."""

    what: str
    wanted: int
    had: int


def pin(cell, vcpus, thread_policy, reserve=0):
    """Return Pins for virtual CPUs in a cell of a host, or TooFew.

    :param vcpus: the virtual CPUs that need a CPU of their own, in order
    :param reserve: so many more CPUs for the emulator
    """
    vcpus, wanted = sorted(vcpus), len(vcpus) + reserve
    if thread_policy == policies.ISOLATE:
        return _isolate(cell, vcpus, wanted)
    free = cell.free_pcpus
    if thread_policy == policies.REQUIRE and not cell.has_threads:
        return TooFew('CPUs that are threads of one core', wanted, 0)
    if len(free) < wanted:
        return TooFew('dedicated CPUs', wanted, len(free))
    cores = _cores(cell, free)
    chosen, threads = _whole_cores(cores, len(vcpus))
    if chosen is None:
        if thread_policy == policies.REQUIRE:
            beside = sum(len(core) for core in cores if len(core) > 1)
            return TooFew('CPUs that are threads of one core', len(vcpus), beside)
        chosen, threads = [cpu for core in sorted(cores, key=_largest_first) for cpu in core][:len(vcpus)], 1
    rest = sorted(free - set(chosen), key=lambda cpu: (_width(cores, cpu), cpu))
    return Pins(dict(zip(vcpus, chosen, strict=True)), set(rest[:reserve]), set(), threads)


def _isolate(cell, vcpus, wanted):
    """Give each virtual CPU, and the emulator, a core of which no other thread is used."""
    free, usable = cell.free_pcpus, []
    for core in _cores(cell, cell.pcpuset):
        whole = set(core) | set().union(*(group for group in cell.siblings if core[0] in group))
        if set(core) <= free and not whole & cell.cpuset:
            usable.append(core)
    if len(usable) < wanted:
        return TooFew('idle cores', wanted, len(usable))
    chosen = sorted(usable, key=lambda core: (len(core), core))[:wanted]
    own = [core[0] for core in chosen]
    blocked = {cpu for core in chosen for cpu in core[1:]}
    return Pins(dict(zip(vcpus, own, strict=False)), set(own[len(vcpus):]), blocked)


def _cores(cell, cpus):
    """Return some CPUs of a cell core by core, as sorted lists; a CPU of which no core is known is one."""
    found, rest = [], set(cpus)
    for group in cell.siblings:
        core = sorted(group & rest)
        if core:
            found.append(core)
            rest -= set(core)
    return found + [[cpu] for cpu in sorted(rest)]


def _whole_cores(cores, count):
    """Return (CPUs, threads per core) so that each virtual CPU is beside another one, or (None, 1).

    Cores with just so many threads left are taken first: the others stay whole for who needs them.
    """
    if count == 1:
        beside = [core for core in cores if len(core) > 1]
        return ([min(beside, key=lambda core: (len(core), core))[0]], 1) if beside else (None, 1)
    for threads in range(max((len(core) for core in cores), default=0), 1, -1):
        usable = sorted((core for core in cores if len(core) >= threads), key=lambda core: (len(core), core))
        if threads <= count and threads * len(usable) >= count:
            chosen = [cpu for core in usable for cpu in core[:threads]][:count]
            return chosen, threads if count % threads == 0 else 1
    chosen = [cpu for core in sorted(cores, key=_largest_first) if len(core) > 1 for cpu in core]
    return (chosen[:count], 1) if len(chosen) >= count else (None, 1)


def _largest_first(core):
    return (-len(core), core)


def _width(cores, cpu):
    return next(len(core) for core in cores if cpu in core)
