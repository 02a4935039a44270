# SPDX-License-Identifier: Apache-2.0
"""Flavors, images and hosts as data."""
import types

from mininova.virt import hardware


def flavor(vcpus=4, memory_mb=1024, **specs):
    """Return a flavor; hw__numa_cpus_0 stands for hw:numa_cpus.0."""
    names = {name.replace('__', ':', 1): str(value) for name, value in specs.items()}
    return types.SimpleNamespace(vcpus=vcpus, memory_mb=memory_mb, extra_specs=_dotted(names))


def image(**properties):
    return types.SimpleNamespace(properties=_dotted({name: str(value) for name, value in properties.items()}))


def _dotted(names):
    found = {}
    for name, value in names.items():
        head, _, number = name.rpartition('_')
        found[f'{head}.{number}' if number.isdigit() else name] = value
    return found


def wish(vcpus=4, memory_mb=1024, **specs):
    return hardware.numa_get_constraints(flavor(vcpus, memory_mb, **specs), image())


def cell(number=0, dedicated=(), shared=(), memory=4096, siblings=(), mempages=(), pinned=(), cpu_usage=0,
         memory_usage=0):
    """Return a NUMACell; mempages are (KiB, total, used, reserved)."""
    return hardware.NUMACell(number, set(shared), set(dedicated), memory, [set(group) for group in siblings],
                             [hardware.NUMAPagesTopology(*each) for each in mempages], number, cpu_usage, memory_usage,
                             set(pinned))


def host(*cells):
    return hardware.NUMATopology(list(cells))
