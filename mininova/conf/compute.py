# SPDX-License-Identifier: Apache-2.0
"""Options of nova-compute: resources, timers, limits.  Nova: nova/conf/compute.py."""
from oslo_config import cfg, types

AUDIT_PERIODS = (r'^(hour(@[0-5]?[0-9])?|day(@([01]?[0-9]|2[0-3]))?|month(@([0-2]?[0-9]|3[01]))?'
                 r'|year(@(0?[0-9]|1[0-2]))?)$')

DEFAULT_OPTS = [
    cfg.FloatOpt('cpu_allocation_ratio', default=16.0, min=0.0, help="""
Virtual CPUs promised per physical CPU of this host. Read by nova-compute when it reports; the
scheduler claims against capacity = (total - reserved) * ratio."""),
    cfg.FloatOpt('ram_allocation_ratio', default=1.5, min=0.0, help="Guest memory promised per MiB of host memory."),
    cfg.FloatOpt('disk_allocation_ratio', default=1.0, min=0.0, help="Guest disk promised per GiB of host disk."),
    cfg.IntOpt('reserved_host_cpus', default=0, min=0, help="CPUs kept back from guests."),
    cfg.IntOpt('reserved_host_memory_mb', default=512, min=0, help="Memory in MiB kept back from guests."),
    cfg.IntOpt('reserved_host_disk_mb', default=0, min=0, help="Disk in MiB kept back from guests."),
    cfg.MultiOpt('reserved_huge_pages', item_type=types.Dict(), help="""
Huge pages kept back from guests, e.g. for a switch in user space; may be given several times. Each names a NUMA cell,
a page size in KiB and a number of pages: `node:0,size:2048,count:64`. Read by nova-compute when it reports."""),
    cfg.IntOpt('max_concurrent_builds', default=10, min=0,
               help="Guests built at the same time on one host; 0 is no limit."),
    cfg.IntOpt('max_concurrent_snapshots', default=5, min=0, help="""
Snapshots of guests (createImage, createBackup, shelve) made at the same time on one host; 0 is no limit. Those
beyond it wait their turn. Each reads a whole disk and sends it to the image service."""),
    cfg.IntOpt('max_concurrent_live_migrations', default=1, min=0, help="""
Guests that leave this host by live migration at the same time; others wait their turn. 0 is no limit. More than one
share the network, so that each takes longer and may not end at all."""),
    cfg.IntOpt('update_resources_interval', default=60, min=0, help="""
Seconds between two reports of this host's resources; 0 means at start only."""),
    cfg.ListOpt('compute_monitors', default=[], help="""
Monitors that measure this host with each report of its resources, one of a kind, for MetricsFilter and MetricsWeigher
of the scheduler: `cpu.virt_driver`, entry points of groups `mininova.compute.monitors.*`. Its metrics: cpu.frequency
(MHz), cpu.user.time, cpu.kernel.time, cpu.idle.time, cpu.iowait.time (ns), the same with .percent (0 to 1) instead of
.time, and cpu.percent."""),
    cfg.IntOpt('sync_power_state_interval', default=60, min=-1, help="""
Seconds between two comparisons of recorded and real power states; -1 turns them off. Lifecycle
events of the hypervisor are handled at once in any case."""),
    cfg.IntOpt('heal_instance_info_cache_interval', default=60, min=-1, help="""
Seconds after which nova-compute compares what one server's record says of its cards and addresses with the network's
own records, and the next server's after as many seconds; 0 or less turns it off."""),
    cfg.BoolOpt('instance_usage_audit', default=False, help="""
Send a `compute.instance.exists` (versioned: `instance.exists`) notification for each server of this host that ran in
the last period that is over, once for each period. For billing; see also instance_usage_audit_period. GET
/os-instance_usage_audit_log tells how far the hosts are."""),
    cfg.StrOpt('instance_usage_audit_period', default='month', regex=AUDIT_PERIODS, help="""
Length of the periods of usage audits: hour, day, month or year, in UTC. An offset moves their beginning: hour@30 begins
at half past, day@18 at 18:00, month@15 on the 15th (in a shorter month than that on its last day), year@3 on the first
of March. Must be the same in nova-api and nova-compute."""),
    cfg.BoolOpt('resume_guests_state_on_host_boot', default=False, help="""
When nova-compute starts, turn on the guests whose servers were ACTIVE with a running guest and that do not run now, as
after a power failure of the host; otherwise these servers become SHUTOFF."""),
    cfg.IntOpt('image_cache_manager_interval', default=2400, min=-1, help="""
Seconds between two runs of the image cache clean-up; -1 turns it off."""),
    cfg.IntOpt('reclaim_instance_interval', default=0, min=-1, help="""
Seconds that deleted servers are kept, powered off, as SOFT_DELETED before they are deleted for good; until then they
can be restored. 0 or less deletes at once. Must be the same in nova-api, nova-conductor and nova-compute."""),
    cfg.IntOpt('shelved_offload_time', default=0, min=-1, help="""
Seconds that a shelved server keeps its place on its host before it is offloaded; 0 offloads it at once, -1 never does
by itself."""),
    cfg.IntOpt('shelved_poll_interval', default=3600, min=-1, help="""
Seconds between two looks for shelved servers of this host to offload; 0 or less turns them off."""),
    cfg.ListOpt('non_inheritable_image_properties', default=['cache_in_nova', 'bittorrent'], help="""
Properties that the image of a server does not take over from the image the server was made of (nova-api)."""),
    cfg.BoolOpt('allow_resize_to_same_host', default=False, help="""
Let a resize end on the host where the server is, if the scheduler prefers it (nova-conductor). A cold migration never
does."""),
    cfg.IntOpt('resize_confirm_window', default=0, min=0, help="""
Seconds after which nova-compute confirms a finished resize or cold migration that nobody decided on; 0 leaves it
undecided. Look for such servers every `resize_confirm_interval` seconds."""),
    cfg.IntOpt('resize_confirm_interval', default=60, min=1, help="""
Seconds between two looks for moves that `resize_confirm_window` concerns."""),
    cfg.IntOpt('shutdown_timeout', default=60, min=0, help="""
Seconds a guest gets to shut down by itself when its server is stopped, before its power is cut; 0 cuts it at once.
The image property os_shutdown_timeout, or the flavor's extra spec of this name, says otherwise for their servers."""),
]

COMPUTE_OPTS = [
    cfg.IntOpt('consecutive_build_service_disable_threshold', default=10, min=0, help="""
Tell the scheduler how many builds failed on this host since the last one that worked, for BuildFailureWeigher; 0 tells
nothing. The number itself means nothing any more, as in Nova: no service is disabled."""),

    cfg.IntOpt('shutdown_retry_interval', default=10, min=1, help="""
Seconds between two requests to a guest to shut down, within the time it gets for that."""),
]

CPU_OPTS = [
    cfg.StrOpt('cpu_dedicated_set', help="""
CPUs of this host that a server can have for itself (`hw:cpu_policy` dedicated or mixed), e.g. `4-12,^8,15`. Unset:
none, and this host takes no such servers. Without `cpu_shared_set` all other CPUs are left to the host itself. Must
not be made smaller while servers have the CPUs."""),
    cfg.StrOpt('cpu_shared_set', help="""
CPUs of this host on which all other servers run, and the emulator threads of those that say so
(`hw:emulator_threads_policy` share), e.g. `0-3`. Unset: all CPUs, or none if `cpu_dedicated_set` is set."""),
    cfg.BoolOpt('packing_host_numa_cells_allocation_strategy', default=False, help="""
Which NUMA cells of a host a server gets, if several fit: those with the least left, so that others stay free for large
servers, instead of those with the most left. Read where claims are made: nova-scheduler, nova-conductor."""),
]

RECONCILER_OPTS = [
    cfg.IntOpt('interval', default=10, min=1, help="""
Seconds between two looks for accepted work that nobody carries out (nova-compute, nova-conductor)."""),
    cfg.IntOpt('grace', default=10, min=0, help="""
Seconds an instance must have rested before a reconciler takes its work for abandoned."""),
    cfg.IntOpt('worker_timeout', default=15, min=2, help="""
Seconds without a sign of life after which a conductor worker's builds are taken over."""),
]


def register_opts(conf):
    conf.register_opts(DEFAULT_OPTS)
    conf.register_opts(RECONCILER_OPTS, group='reconciler')
    conf.register_opts(COMPUTE_OPTS + CPU_OPTS, group='compute')


def list_opts():
    return [('DEFAULT', DEFAULT_OPTS), ('compute', COMPUTE_OPTS + CPU_OPTS), ('reconciler', RECONCILER_OPTS)]
