# SPDX-License-Identifier: Apache-2.0
"""Sockets, cores and threads that a guest sees.  Nova: get_best_cpu_topology and others of nova/virt/hardware.py."""
import typing

from mininova import exception

UNLIMITED = 65536
PARTS = ('sockets', 'cores', 'threads')


class VirtCPUTopology(typing.NamedTuple):
    """How many of each; 0 for what is not said."""

    sockets: int = 0
    cores: int = 0
    threads: int = 0

    @property
    def vcpus(self):
        return self.sockets * self.cores * self.threads


def get_cpu_topology_constraints(flavor, image_meta):
    """Return (what is preferred, limits) of a flavor and an image.

    The image may lower the flavor's limits; what it prefers replaces what the flavor prefers.

    :raises ImageVCPULimitsRangeExceeded, ImageVCPUTopologyRangeExceeded, ImageVCPULimitsRangeImpossible: (400)
    """
    specs, properties = flavor.extra_specs or {}, (image_meta.properties if image_meta is not None else None) or {}
    flavor_max, image_max = _numbers(specs, 'hw:cpu_max_%s'), _numbers(properties, 'hw_cpu_max_%s')
    if any(of_flavor and of_image > of_flavor for of_flavor, of_image in zip(flavor_max, image_max, strict=True)):
        raise exception.ImageVCPULimitsRangeExceeded(**_named('image', image_max), **_named('flavor', flavor_max))
    limits = VirtCPUTopology(*(of_image or of_flavor or UNLIMITED
                               for of_flavor, of_image in zip(flavor_max, image_max, strict=True)))
    of_flavor, of_image = _numbers(specs, 'hw:cpu_%s'), _numbers(properties, 'hw_cpu_%s')
    if _exceeds(of_image, limits):
        raise exception.ImageVCPUTopologyRangeExceeded(**_named('image', of_image), **_named('max', limits))
    if _exceeds(of_flavor, limits):
        of_flavor = VirtCPUTopology()
    if not _possible(flavor.vcpus, limits):
        raise exception.ImageVCPULimitsRangeImpossible(vcpus=flavor.vcpus, **limits._asdict())
    return of_image if any(of_image) else of_flavor, limits


def get_best_cpu_topology(flavor, image_meta, threads=1):
    """Return the VirtCPUTopology that a guest gets: what is preferred as far as that is possible, else sockets.

    :param threads: of one core on which the guest's CPUs are pinned; it sees them as such unless it wants otherwise
    :raises Invalid: as :func:`get_cpu_topology_constraints`
    """
    wanted, limits = get_cpu_topology_constraints(flavor, image_meta)
    possible = _possible(flavor.vcpus, limits)
    if threads > 1 and not wanted.threads:
        possible = [each for each in possible if each.threads == threads] or possible

    def rank(each):
        matches = sum(bool(want) and want == have for want, have in zip(wanted, each, strict=True))
        return (matches, *each)
    return max(possible, key=rank)


def _possible(vcpus, limits):
    found = []
    for sockets in range(1, min(vcpus, limits.sockets) + 1):
        if vcpus % sockets:
            continue
        per_socket = vcpus // sockets
        found += [VirtCPUTopology(sockets, cores, per_socket // cores)
                  for cores in range(1, min(per_socket, limits.cores) + 1)
                  if per_socket % cores == 0 and per_socket // cores <= limits.threads]
    return found


def _numbers(source, pattern):
    found = []
    for part in PARTS:
        text = source.get(pattern % part)
        try:
            found.append(int(text or 0))
        except ValueError as error:
            raise exception.InvalidRequest(f"'{text}' is no number of {part} of {pattern % part}.") from error
    return VirtCPUTopology(*found)


def _exceeds(numbers, limits):
    return any(number > limit for number, limit in zip(numbers, limits, strict=True))


def _named(prefix, numbers):
    return {f'{prefix}_{part}': number for part, number in zip(PARTS, numbers, strict=True)}
