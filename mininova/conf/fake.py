# SPDX-License-Identifier: Apache-2.0
"""The [fake] section: the hypervisor that exists only in memory.  Read by nova-compute with compute_driver = fake.

Nova has no such section; its fake driver's numbers are fixed in nova/virt/fake.py.
"""
from oslo_config import cfg, types

OPTS = [
    cfg.IntOpt('vcpus', default=64, min=1, help="CPUs the host pretends to have."),
    cfg.IntOpt('memory_mb', default=131072, min=1, help="Memory in MiB the host pretends to have."),
    cfg.IntOpt('local_gb', default=2048, min=1, help="Disk in GiB the host pretends to have."),
    cfg.IntOpt('numa_cells', default=0, min=0, help="""
NUMA cells the host pretends to have, over which CPUs and memory are spread evenly; 0 tells of none, so that servers
that want CPUs of their own, huge pages or NUMA nodes do not fit. See also `[compute] cpu_dedicated_set`."""),
    cfg.IntOpt('threads_per_core', default=1, min=1, help="Threads of each core the host pretends to have."),
    cfg.Opt('mempages', type=types.Dict(types.Integer(min=0)), default={}, help="""
Huge pages each NUMA cell pretends to have, `KIB:COUNT` each: `2048:512,1048576:2`."""),
    cfg.MultiStrOpt('pci_devices', default=[], help="""
PCI devices the host pretends to have, each a JSON object: `address`, `vendor_id` and `product_id`, and if need be
`numa_node`, `label`, `dev_type` (type-PCI) and `parent_addr`. `count` makes several, in slots one after another;
`vfs`, a number, and `vf_product_id` make it a physical function with virtual ones, in the slots after its own. May be
given several times; which of them guests may have says `[pci] device_spec`.

{"address": "0000:3b:00.0", "vendor_id": "10de", "product_id": "1eb8", "count": 4}
{"address": "0000:81:00.0", "vendor_id": "8086", "product_id": "1572", "numa_node": 1, "vfs": 8, "vf_product_id":
"154c"}"""),
    cfg.BoolOpt('persistent', default=False, help="""
Keep the guests in files below `state_path`, so that they outlive nova-compute as real ones do.
Turn it on where services are killed and restarted."""),
    cfg.FloatOpt('spawn_delay', default=0.0, min=0.0, help="Seconds a guest takes to start."),
    cfg.FloatOpt('live_migration_seconds', default=0.0, min=0.0, help="""
Seconds a guest takes to move to another host unless it is hurried."""),
    cfg.FloatOpt('shutdown_delay', default=0.0, min=0.0, help="""
Seconds a guest takes to obey a shutdown request; beyond the time it is given it is switched off."""),
    cfg.ListOpt('faults', default=[], help="""
Faults to play, each `METHOD:KIND[:COUNT[:VALUE]]`: KIND is `fail` (raise; VALUE is the text),
`full` (raise as a full disk does), `lost` (raise as a broken hypervisor connection does) or
`delay` (sleep VALUE seconds). COUNT is how many calls are hit, 0 for all; the default is 1.
Example: `spawn:fail:2,destroy:delay:0:0.5`."""),
]


def register_opts(conf):
    conf.register_opts(OPTS, group='fake')


def list_opts():
    return [('fake', OPTS)]
