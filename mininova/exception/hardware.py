# SPDX-License-Identifier: Apache-2.0
"""What a flavor and an image want of processors and memory, and cannot have together: 400, as in Nova's API."""
from mininova.exception.base import NovaException
from mininova.exception.invalid import Invalid


class InvalidRequest(Invalid):
    msg_fmt = 'The request is invalid.'

class FlavorImageConflict(Invalid):
    msg_fmt = 'The flavor and the image of the server contradict each other.'

class ImageVCPULimitsRangeExceeded(Invalid):
    msg_fmt = ('The image allows up to %(image_sockets)d sockets, %(image_cores)d cores and %(image_threads)d threads, '
               'which is more than the flavor allows: %(flavor_sockets)d, %(flavor_cores)d and %(flavor_threads)d.')

class ImageVCPUTopologyRangeExceeded(Invalid):
    msg_fmt = ('The image wants %(image_sockets)d sockets, %(image_cores)d cores and %(image_threads)d threads, which '
               'is more than the limits: %(max_sockets)d, %(max_cores)d and %(max_threads)d.')

class ImageVCPULimitsRangeImpossible(Invalid):
    msg_fmt = ('%(vcpus)d virtual CPUs cannot be made of up to %(sockets)d sockets, %(cores)d cores and %(threads)d '
               'threads.')

class InvalidNUMANodesNumber(Invalid):
    msg_fmt = "The property 'numa_nodes' cannot be '%(nodes)s'. It must be a number greater than 0."

class ImageNUMATopologyIncomplete(Invalid):
    msg_fmt = 'CPU and memory allocation must be provided for all NUMA nodes.'

class ImageNUMATopologyForbidden(Invalid):
    msg_fmt = ("Image property '%(name)s' is not permitted to override the NUMA configuration that is set in the "
               'flavor.')

class ImageNUMATopologyAsymmetric(Invalid):
    msg_fmt = ('CPUs and memory of the server cannot be distributed evenly over its NUMA nodes: assign both to the '
               'nodes explicitly.')

class ImageNUMATopologyCPUOutOfRange(Invalid):
    msg_fmt = 'CPU number %(cpunum)d is larger than max %(cpumax)d.'

class ImageNUMATopologyCPUDuplicates(Invalid):
    msg_fmt = 'CPU number %(cpunum)d is assigned to two nodes.'

class ImageNUMATopologyCPUsUnassigned(Invalid):
    msg_fmt = 'CPU number %(cpuset)s is not assigned to any node.'

class ImageNUMATopologyMemoryOutOfRange(Invalid):
    msg_fmt = '%(memsize)d MB of memory assigned, but expected %(memtotal)d MB.'

class ImageNUMATopologyRebuildConflict(Invalid):
    msg_fmt = ("A server's NUMA topology cannot be changed by a rebuild: the image provided wants another one than the "
               'server has.')

class ImageCPUPinningForbidden(Invalid):
    msg_fmt = "Image property 'hw_cpu_policy' is not permitted to override the CPU policy that is set in the flavor."

class ImageCPUThreadPolicyForbidden(Invalid):
    msg_fmt = ("Image property 'hw_cpu_thread_policy' is not permitted to override the CPU thread policy of the "
               'flavor.')

class InvalidCPUAllocationPolicy(Invalid):
    msg_fmt = ("CPU policy requested from '%(source)s' is '%(requested)s', which is none of %(available)s.")

class InvalidCPUThreadAllocationPolicy(Invalid):
    msg_fmt = ("CPU thread policy requested from '%(source)s' is '%(requested)s', which is none of %(available)s.")

class InvalidEmulatorThreadsPolicy(Invalid):
    msg_fmt = ("Emulator threads policy '%(requested)s' is none of %(available)s.")

class CPUThreadPolicyConfigurationInvalid(Invalid):
    msg_fmt = 'A CPU thread policy needs a CPU policy that gives dedicated CPUs.'

class BadRequirementEmulatorThreadsPolicy(Invalid):
    msg_fmt = 'Emulator threads on a CPU of their own (isolate) need a CPU policy that gives dedicated CPUs.'

class RealtimeConfigurationInvalid(Invalid):
    msg_fmt = 'Realtime CPUs need a CPU policy that gives dedicated CPUs.'

class RealtimeMaskNotFoundOrInvalid(Invalid):
    msg_fmt = ('Realtime needs a mask (hw:cpu_realtime_mask) that names realtime CPUs of the server and leaves at '
               'least one other, or an emulator threads policy.')

class RequiredMixedInstancePolicy(Invalid):
    msg_fmt = "'hw:cpu_dedicated_mask' needs the CPU policy 'mixed'."

class RequiredMixedOrRealtimeCPUMask(Invalid):
    msg_fmt = ("CPU policy 'mixed' needs to be told which CPUs are dedicated: by 'hw:cpu_dedicated_mask' or by "
               "'hw:cpu_realtime_mask', and not by both.")

class InvalidMixedInstanceDedicatedMask(Invalid):
    msg_fmt = ("A server of CPU policy 'mixed' must have at least one dedicated and one shared CPU, and all must be "
               "its own: see 'hw:cpu_dedicated_mask'.")

class MemoryPageSizeInvalid(Invalid):
    msg_fmt = "Invalid memory page size '%(pagesize)s'."

class MemoryPageSizeForbidden(Invalid):
    msg_fmt = "Page size '%(pagesize)s' of the image is forbidden by '%(against)s' of the flavor."

class LockMemoryForbidden(Invalid):
    msg_fmt = 'Locked memory (hw:locked_memory) needs a page size (hw:mem_page_size).'

class InvalidConfiguration(NovaException):
    """Options of this host contradict each other or what its guests have."""
    msg_fmt = 'Configuration is invalid: %(reason)s'
