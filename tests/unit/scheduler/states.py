# SPDX-License-Identifier: Apache-2.0
"""Host states and requests without a database."""
import types

import orjson

from mininova import context as nova_context
from mininova import objects
from mininova.scheduler import aggregate_metadata, aggregate_ratios, host_state

ROW = {'id': 1, 'uuid': 'u', 'host': 'cmp1', 'hypervisor_hostname': 'cmp1', 'generation': 0, 'updated_at': None,
       'vcpus': 8, 'memory_mb': 8192, 'local_gb': 100, 'reserved_vcpus': 0, 'reserved_memory_mb': 0,
       'reserved_disk_gb': 0, 'vcpus_used': 0, 'memory_mb_used': 0, 'local_gb_used': 0, 'cpu_allocation_ratio': 1.0,
       'ram_allocation_ratio': 1.0, 'disk_allocation_ratio': 1.0, 'disk_available_least': None, 'running_vms': 0,
       'hypervisor_type': 'QEMU', 'hypervisor_version': 7002000, 'host_ip': '10.0.0.1',
       'cpu_info': {'arch': 'x86_64', 'topology': {'cores': 4}, 'features': ['vmx', 'aes']},
       'supported_instances': [['x86_64', 'qemu', 'hvm']], 'stats': {'rack': 'r7'},
       'numa_topology': None, 'numa_used': None, 'pci_stats': None}


def state(zones=('nova',), service=None, aggregates=(), bounded=(), num_io_ops=0, **values):
    """Return a HostState; values are columns of compute_nodes.

    :param aggregates: the metadata of each aggregate it is in
    :param bounded: as for AggregateRatios
    """
    row = {**ROW, **values}
    for name in ('cpu_info', 'supported_instances', 'stats', 'numa_topology', 'numa_used', 'pci_stats'):
        row[name] = None if row[name] is None else orjson.dumps(row[name]).decode()
    return host_state.HostState(types.SimpleNamespace(**row), frozenset(zones), metadata(*aggregates), service,
                                aggregate_ratios.AggregateRatios(bounded), num_io_ops)


def metadata(*entries):
    """Return the AggregateMetadata of aggregates a1, a2, ... with some metadata."""
    if not entries:
        return aggregate_metadata.NONE
    return aggregate_metadata.AggregateMetadata([
        {'id': number, 'name': f'a{number}', 'hosts': [], 'metadata': each} for number, each in enumerate(entries, 1)])


def spec(memory_mb=512, vcpus=1, root_gb=1, extra_specs=None, properties=None, image=True, **values):
    """Return a RequestSpec; further values are its own fields."""
    objects.register_all()
    context = nova_context.RequestContext(user_id='u', project_id='p', is_admin=False, overwrite=False)
    flavor = objects.Flavor(context, id=1, flavorid='1', name='m1.test', memory_mb=memory_mb, vcpus=vcpus,
                            root_gb=root_gb, ephemeral_gb=0, swap=0, extra_specs=extra_specs or {}, projects=[])
    meta = objects.ImageMeta.from_dict({'id': 'image', 'properties': properties or {}}) if image else None
    made = objects.RequestSpec(context, flavor=flavor, image=meta,
                               instance_uuid='77777777-7777-4777-8777-777777777777', **values)
    made.obj_set_defaults_if_unset()
    return made
