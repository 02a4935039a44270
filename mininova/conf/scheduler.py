# SPDX-License-Identifier: Apache-2.0
"""The [scheduler], [filter_scheduler] and [metrics] sections.  Nova: nova/conf/scheduler.py."""
from oslo_config import cfg

SCHEDULER_OPTS = [
    cfg.IntOpt('max_attempts', default=3, min=1, help="""
Hosts tried for one server before it goes to ERROR; the first and its alternates."""),
    cfg.IntOpt('workers', min=1, help="Number of scheduler processes; unset means one."),
    cfg.IntOpt('explain_keep_days', default=30, min=1,
               help="Days for which the reasons of scheduling decisions are kept."),
]

FILTER_OPTS = [
    cfg.ListOpt('enabled_filters', default=[
        'AvailabilityZoneFilter', 'ComputeFilter', 'ComputeCapabilitiesFilter', 'ImagePropertiesFilter',
        'SameHostFilter', 'DifferentHostFilter', 'ServerGroupAntiAffinityFilter', 'ServerGroupAffinityFilter',
        'RamFilter', 'CoreFilter', 'DiskFilter'], help="""
Filters a host must pass, in this order: cheap and selective ones first. Entry points of group
`mininova.scheduler.filters`."""),
    cfg.ListOpt('weight_classes', default=['all'], help="""
Weighers that order the hosts that passed: entry points of group `mininova.scheduler.weights`, or `all`."""),
    cfg.IntOpt('host_subset_size', default=1, min=1, help="""
Pick at random among this many best hosts; more than one makes concurrent schedulers collide less."""),
    cfg.BoolOpt('shuffle_best_same_weighed_hosts', default=False,
                help="Pick at random among hosts of exactly equal weight."),
    cfg.StrOpt('image_properties_default_architecture', help="""
Architecture of images that name none, e.g. x86_64, read by ImagePropertiesFilter; unset lets them run on any host.
Set it where hosts of several architectures serve one cloud."""),
    cfg.IntOpt('max_io_ops_per_host', default=8, min=0, help="""
IoOpsFilter refuses a host on which so many builds, resizes, rebuilds, snapshots, rescues and unshelvings are under way.
AggregateIoOpsFilter takes the least value that the host's aggregates say, if any."""),
    cfg.IntOpt('max_instances_per_host', default=50, min=1, help="""
NumInstancesFilter refuses a host with so many servers. AggregateNumInstancesFilter takes the least value that the
host's aggregates say, if any."""),
    cfg.ListOpt('isolated_images', default=[], help="""
Ids of images whose servers IsolatedHostsFilter lets run on `isolated_hosts` only."""),
    cfg.ListOpt('isolated_hosts', default=[], help="Hosts for `isolated_images`, read by IsolatedHostsFilter."),
    cfg.BoolOpt('restrict_isolated_hosts_to_isolated_images', default=True, help="""
Keep all other images away from `isolated_hosts` too."""),
    cfg.StrOpt('aggregate_image_properties_isolation_namespace', help="""
AggregateImagePropertiesIsolation compares only keys that begin with this and the separator; unset compares all that the
metadata of aggregates and the image have in common."""),
    cfg.StrOpt('aggregate_image_properties_isolation_separator', default='.', help="""
What stands between the namespace and the rest of a key; read with
`aggregate_image_properties_isolation_namespace` only."""),
]

# A host's aggregates may say otherwise in metadata of the same name; of several values the least counts.
WEIGHT_OPTS = [
    cfg.FloatOpt('ram_weight_multiplier', default=1.0, help="Positive spreads by free memory, negative stacks."),
    cfg.FloatOpt('cpu_weight_multiplier', default=1.0, help="Positive spreads by free CPUs, negative stacks."),
    cfg.FloatOpt('disk_weight_multiplier', default=1.0, help="Positive spreads by free disk, negative stacks."),
    cfg.FloatOpt('io_ops_weight_multiplier', default=-1.0, help="""
Negative prefers hosts with few builds, resizes and snapshots under way, positive those with many."""),
    cfg.FloatOpt('num_instances_weight_multiplier', default=0.0, help="""
Negative prefers hosts with few servers, positive those with many; 0 does not count them."""),
    cfg.FloatOpt('hypervisor_version_weight_multiplier', default=1.0, help="""
Positive prefers hosts with the newer hypervisor, negative those with the older one. Versions of different hypervisors
do not compare: keep them apart by aggregates."""),
    cfg.FloatOpt('pci_weight_multiplier', default=1.0, min=0.0, help="""
How much it counts that a host has few free PCI devices, so that those with many are kept for who asks for them."""),
    cfg.FloatOpt('build_failure_weight_multiplier', default=1000000.0, help="""
How much it counts that builds failed on a host, one after another, since the last that worked. High, so that it
outvotes all else; 0 does not count them. Hosts tell of failures unless their [compute]
consecutive_build_service_disable_threshold is 0."""),
    cfg.FloatOpt('cross_cell_move_weight_multiplier', default=1000000.0, help="""
How much it counts that a resized server stays in its cell. There is one cell, so no host differs."""),
    cfg.FloatOpt('image_props_weight_multiplier', default=0.0, help="""
Positive prefers hosts whose servers have images with the same properties, negative those without; 0 does not look, for
looking reads what is kept of the images of all servers."""),
    cfg.ListOpt('image_props_weight_setting', default=[], help="""
Properties that ImagePropertiesWeigher compares, and how much each counts: `os_distro=10,hw_machine_type=1`. Empty
compares all, each with 1."""),
    cfg.FloatOpt('soft_affinity_weight_multiplier', default=10.0, help="""
How much it counts that a host has servers of a server group of policy soft-affinity. With 1.0, as in Nova, free memory,
CPUs and disk together outvote it."""),
    cfg.FloatOpt('soft_anti_affinity_weight_multiplier', default=10.0, help="""
How much it counts that a host has few servers of a server group of policy soft-anti-affinity."""),
]

METRICS_OPTS = [
    cfg.FloatOpt('weight_multiplier', default=1.0, help="""
How much MetricsWeigher counts; aggregates may say otherwise in metadata `metrics_weight_multiplier`."""),
    cfg.ListOpt('weight_setting', default=[], help="""
Metrics that are weighed, and with which ratio: `cpu.percent=-1.0,cpu.frequency=0.001`. Their products are added up.
What hosts report says their [DEFAULT] compute_monitors."""),
    cfg.BoolOpt('required', default=True, help="""
Fail a request when a host that fits does not report one of the metrics; MetricsFilter leaves such hosts out before.
False gives these hosts `weight_of_unavailable`."""),
    cfg.FloatOpt('weight_of_unavailable', default=-10000.0, help="""
Weight of a host that does not report one of the metrics, unless they are `required`."""),
]


def register_opts(conf):
    conf.register_opts(SCHEDULER_OPTS, group='scheduler')
    conf.register_opts(FILTER_OPTS + WEIGHT_OPTS, group='filter_scheduler')
    conf.register_opts(METRICS_OPTS, group='metrics')


def list_opts():
    return [('scheduler', SCHEDULER_OPTS), ('filter_scheduler', FILTER_OPTS + WEIGHT_OPTS),
            ('metrics', METRICS_OPTS)]
