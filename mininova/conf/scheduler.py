# SPDX-License-Identifier: Apache-2.0
"""The [scheduler] and [filter_scheduler] sections.  Nova: nova/conf/scheduler.py."""
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
    cfg.FloatOpt('ram_weight_multiplier', default=1.0, help="Positive spreads by free memory, negative stacks."),
    cfg.FloatOpt('cpu_weight_multiplier', default=1.0, help="Positive spreads by free CPUs, negative stacks."),
    cfg.FloatOpt('disk_weight_multiplier', default=1.0, help="Positive spreads by free disk, negative stacks."),
    cfg.FloatOpt('soft_affinity_weight_multiplier', default=10.0, help="""
How much it counts that a host has servers of a server group of policy soft-affinity. With 1.0, as in Nova, free memory,
CPUs and disk together outvote it."""),
    cfg.FloatOpt('soft_anti_affinity_weight_multiplier', default=10.0, help="""
How much it counts that a host has few servers of a server group of policy soft-anti-affinity."""),
    cfg.BoolOpt('shuffle_best_same_weighed_hosts', default=False,
                help="Pick at random among hosts of exactly equal weight."),
    cfg.StrOpt('image_properties_default_architecture', help="""
Architecture of images that name none, e.g. x86_64, read by ImagePropertiesFilter; unset lets them run on any host.
Set it where hosts of several architectures serve one cloud."""),
]


def register_opts(conf):
    conf.register_opts(SCHEDULER_OPTS, group='scheduler')
    conf.register_opts(FILTER_OPTS, group='filter_scheduler')


def list_opts():
    return [('scheduler', SCHEDULER_OPTS), ('filter_scheduler', FILTER_OPTS)]
