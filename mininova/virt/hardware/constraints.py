# SPDX-License-Identifier: Apache-2.0
"""The NUMA nodes that a flavor and an image want.  Nova: numa_get_constraints of nova/virt/hardware.py.

Pure functions of flavor and image: nothing is asked, so they are called wherever the wish is needed and it is stored
nowhere that could contradict them.
"""
from oslo_utils import strutils

from mininova import exception
from mininova.virt.hardware import cpu_set, cpu_topology, pages, policies, topology

NUMA_NODES_MAX = 128
# A flavor or an image with none of these wants nothing of what is here.
_OF_FLAVOR = ('hw:cpu_', 'hw:numa_', 'hw:mem_page_size', 'hw:emulator_threads_policy', 'hw:locked_memory',
              'resources:VCPU', 'resources:PCPU', f'trait:{policies.HYPERTHREADING}')
_OF_IMAGE = ('hw_cpu_', 'hw_numa_', 'hw_mem_page_size', 'hw_locked_memory', f'trait:{policies.HYPERTHREADING}')


def numa_get_constraints(flavor, image_meta):
    """Return the InstanceNUMATopology that a flavor and an image want, None if they want none.

    :param flavor: has vcpus, memory_mb and extra_specs
    :param image_meta: has properties; may be None
    :raises Invalid: they contradict themselves or each other (400)
    """
    specs, properties = _wishes(flavor, image_meta)
    if not specs and not properties:
        return None
    cpus = policies.get_policies(flavor, specs, properties)
    nodes, pagesize = _node_count(specs, properties), pages.get_pagesize_constraint(specs, properties)
    if wants_locked_memory(specs, properties) and pagesize is None:
        raise exception.LockMemoryForbidden()
    if nodes is None and pagesize is None and cpus.cpu_policy not in (policies.DEDICATED, policies.MIXED):
        return None
    cells = _cells(flavor, specs, properties, nodes)
    for cell in cells:
        cell.pcpuset = cell.cpuset & cpus.dedicated
        cell.cpuset = cell.cpuset - cell.pcpuset
        cell.pagesize, cell.cpu_policy, cell.cpu_thread_policy = pagesize, cpus.cpu_policy, cpus.thread_policy
    return topology.InstanceNUMATopology(cells, cpus.emulator_policy)


def describe_wishes(flavor, image_meta, kept_pagesizes=None):
    """Return the same as a document, None for no wishes.

    :param kept_pagesizes: KiB of the pages, node by node, of a guest that keeps them because it goes on running
    """
    wanted = numa_get_constraints(flavor, image_meta)
    if wanted is None:
        return None
    for cell, pagesize in zip(wanted.cells, kept_pagesizes or (), strict=False):
        cell.pagesize = pagesize
    return wanted.to_document()


def shared_vcpus(flavor, image_meta):
    """Return how many of a host's virtual CPUs a server takes: those without a CPU of their own."""
    specs, properties = _wishes(flavor, image_meta)
    if not specs and not properties:
        return flavor.vcpus
    dedicated = policies.get_policies(flavor, specs, properties).dedicated
    return int(specs.get('resources:VCPU', flavor.vcpus - len(dedicated)))


def validate(flavor, image_meta):
    """Refuse a flavor and an image whose wishes for CPUs and memory make no sense together.

    :raises Invalid: (400)
    """
    specs, properties = _wishes(flavor, image_meta)
    if specs or properties:
        numa_get_constraints(flavor, image_meta)
        cpu_topology.get_cpu_topology_constraints(flavor, image_meta)


def wants_locked_memory(specs, properties):
    """Tell whether a guest's memory must stay in the host's memory.

    :raises FlavorImageConflict: (400)
    """
    said = {strutils.bool_from_string(text) for text in (specs.get('hw:locked_memory'),
                                                        properties.get('hw_locked_memory')) if text is not None}
    if len(said) > 1:
        raise exception.FlavorImageConflict("Flavor and image contradict each other in 'hw:locked_memory'.")
    return True in said


def _wishes(flavor, image_meta):
    specs, properties = flavor.extra_specs or {}, (image_meta.properties if image_meta is not None else None) or {}
    return ({key: value for key, value in specs.items() if key.startswith(_OF_FLAVOR)},
            {key: value for key, value in properties.items() if key.startswith(_OF_IMAGE)})


def _node_count(specs, properties):
    of_flavor, of_image = specs.get('hw:numa_nodes'), properties.get('hw_numa_nodes')
    if of_flavor and of_image:
        raise exception.ImageNUMATopologyForbidden(name='hw_numa_nodes')
    text = of_flavor or of_image
    if text is None:
        return None
    if not str(text).isdigit() or not 0 < int(text) <= NUMA_NODES_MAX:
        raise exception.InvalidNUMANodesNumber(nodes=text)
    return int(text)


def _listed(specs, properties, name):
    """Return the texts that are given for the nodes 0, 1, ... of the server, None for none.

    :raises ImageNUMATopologyForbidden: both flavor and image give them (400)
    """
    found = []
    for source, pattern in ((specs, f'hw:{name}.%d'), (properties, f'hw_{name}.%d')):
        texts = []
        while pattern % len(texts) in source:
            texts.append(source[pattern % len(texts)])
        found.append(texts)
    of_flavor, of_image = found
    if of_flavor and of_image:
        raise exception.ImageNUMATopologyForbidden(name=f'hw_{name}')
    return of_flavor or of_image or None


def _cells(flavor, specs, properties, nodes):
    """Return the cells with all CPUs in cpuset."""
    if nodes is None:
        return [topology.InstanceNUMACell(0, set(range(flavor.vcpus)), set(), flavor.memory_mb)]
    cpus, memory = _listed(specs, properties, 'numa_cpus'), _listed(specs, properties, 'numa_mem')
    if cpus is None and memory is None:
        return _even_cells(flavor, nodes)
    if cpus is None or memory is None or len(cpus) != nodes or len(memory) != nodes:
        raise exception.ImageNUMATopologyIncomplete()
    return _told_cells(flavor, cpus, memory)


def _even_cells(flavor, nodes):
    if flavor.vcpus % nodes or flavor.memory_mb % nodes:
        raise exception.ImageNUMATopologyAsymmetric()
    each, memory = flavor.vcpus // nodes, flavor.memory_mb // nodes
    return [topology.InstanceNUMACell(node, set(range(node * each, (node + 1) * each)), set(), memory)
            for node in range(nodes)]


def _told_cells(flavor, cpus, memory):
    cells, left = [], set(range(flavor.vcpus))
    for node, (cpu_text, memory_text) in enumerate(zip(cpus, memory, strict=True)):
        found = cpu_set.parse_cpu_spec(cpu_text)
        beyond, twice = sorted(found - set(range(flavor.vcpus))), sorted(found - left)
        if beyond:
            raise exception.ImageNUMATopologyCPUOutOfRange(cpunum=beyond[0], cpumax=flavor.vcpus - 1)
        if twice:
            raise exception.ImageNUMATopologyCPUDuplicates(cpunum=twice[0])
        if not str(memory_text).isdigit():
            raise exception.InvalidRequest(f"'{memory_text}' is no amount of memory for NUMA node {node}, in MB.")
        left -= found
        cells.append(topology.InstanceNUMACell(node, found, set(), int(memory_text)))
    if left:
        raise exception.ImageNUMATopologyCPUsUnassigned(cpuset=cpu_set.format_cpu_spec(left))
    total = sum(cell.memory for cell in cells)
    if total != flavor.memory_mb:
        raise exception.ImageNUMATopologyMemoryOutOfRange(memsize=total, memtotal=flavor.memory_mb)
    return cells
