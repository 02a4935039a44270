# SPDX-License-Identifier: Apache-2.0
"""From what was claimed for a guest of the host's CPUs and memory to the parts of its document that say so.

Cut out of Nova's nova/virt/libvirt/driver.py (_get_guest_numa_config, _get_numa_pinning...).  Runs in nova-compute.
"""
import dataclasses

from oslo_utils import units

import mininova.conf
from mininova import exception
from mininova.virt import hardware
from mininova.virt.hardware import constraints, cpu_set, policies
from mininova.virt.libvirt.config import tuning

CONF = mininova.conf.CONF


@dataclasses.dataclass
class Tuning:
    """Parts of a guest's document; None or empty where there is nothing to say.

    :ivar vcpu_cpuset: CPUs on which all virtual CPUs run
    """

    vcpu_cpuset: str | None = None
    cputune: tuning.CPUTune | None = None
    numatune: tuning.NUMATune | None = None
    memory_backing: tuning.MemoryBacking | None = None
    cells: list = dataclasses.field(default_factory=list)
    realtime: bool = False
    threads: int = 1


def tune(host, instance, image_meta):
    """Return the Tuning of a guest.

    :param host: virt.libvirt.host.Host
    :raises InstanceDeployFailure: what was claimed is not there
    """
    fitted = instance.get_numa_topology()
    if fitted is None:
        return Tuning(vcpu_cpuset=default_cpus())
    cells = _host_cells(host, fitted)
    realtime = hardware.get_realtime_cpu_constraint(instance.flavor, image_meta)
    smallest = min((pages.size_kb for cell in cells.values() for pages in cell.mempages), default=4)
    huge = {}
    for number, cell in enumerate(fitted.cells):
        if cell.pagesize and cell.pagesize > smallest:
            huge.setdefault(cell.pagesize, set()).add(number)
    huge_cells = set().union(*huge.values())
    locked = constraints.wants_locked_memory(instance.flavor.extra_specs or {}, image_meta.properties or {})
    backing = tuning.MemoryBacking(huge, locked or bool(realtime), not realtime)
    return Tuning(
        cputune=cpu_tune(fitted, cells, realtime), numatune=tuning.NUMATune([cell.id for cell in fitted.cells]),
        memory_backing=backing or None, realtime=bool(realtime),
        cells=[tuning.GuestCell(cell.total_cpus, cell.memory * units.Ki, number in huge_cells)
               for number, cell in enumerate(fitted.cells)],
        threads=min((cell.threads for cell in fitted.cells), default=1))


def default_cpus():
    """Return the CPUs of guests without wishes as text, None for all."""
    shared = cpu_set.get_cpu_shared_set()
    return hardware.format_cpu_spec(shared) if shared else None


def cpu_tune(fitted, cells, realtime):
    """Return the CPUTune of a guest.

    :param fitted: its InstanceNUMATopology on this host
    :param cells: {id: NUMACell} of this host
    """
    vcpus = {}
    for cell in fitted.cells:
        vcpus.update({vcpu: {cpu} for vcpu, cpu in cell.cpu_pinning.items()})
        vcpus.update({vcpu: set(cells[cell.id].cpuset) for vcpu in cell.cpuset})
    return tuning.CPUTune(vcpus, _emulator(fitted, vcpus, realtime), frozenset(realtime),
                          CONF.libvirt.realtime_scheduler_priority)


def _emulator(fitted, vcpus, realtime):
    """Return the CPUs of the host for the emulator's own threads."""
    if fitted.emulator_threads_policy == policies.EMULATOR_ISOLATE:
        return fitted.cpuset_reserved
    shared = cpu_set.get_cpu_shared_set()
    if fitted.emulator_threads_policy == policies.EMULATOR_SHARE and shared:
        return shared
    beside = [cpus for vcpu, cpus in vcpus.items() if vcpu not in realtime]
    return set().union(*(beside or vcpus.values()))


def _host_cells(host, fitted):
    topology = host.numa_topology()
    cells = {cell.id: cell for cell in topology.cells} if topology else {}
    gone = [cell.id for cell in fitted.cells if cell.id not in cells]
    if gone:
        raise exception.InstanceDeployFailure(reason=f'this host has no NUMA cell {gone[0]} any more')
    return cells


def arrival_info(host, instance, image_meta, document):
    """Return what changes in a running guest's document when it comes to this host, as JSON.

    :param document: of the InstanceNUMATopology claimed for it here, None for none
    """
    if document is None:
        return {'vcpu_cpuset': default_cpus()}
    fitted = hardware.InstanceNUMATopology.from_document(document)
    realtime = hardware.get_realtime_cpu_constraint(instance.flavor, image_meta)
    made = cpu_tune(fitted, _host_cells(host, fitted), realtime)
    return {'vcpus': {str(vcpu): hardware.format_cpu_spec(cpus) for vcpu, cpus in made.vcpus.items()},
            'emulator': hardware.format_cpu_spec(made.emulator), 'cells': [cell.id for cell in fitted.cells],
            'priority': made.priority}
