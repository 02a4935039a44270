# SPDX-License-Identifier: Apache-2.0
"""Hosts for tests: service records, nodes and servers on them, written to the database."""
import datetime
import uuid

import sqlalchemy as sa
from oslo_utils import timeutils

from mininova import context, objects
from mininova.db import models, session


def add_service(host, binary='nova-compute', topic='compute', age=0, **values):
    """Make a service that was last heard of `age` seconds ago; returns the object."""
    admin = context.get_admin_context()
    service = objects.Service.register(admin, host, binary, topic)
    if age:
        values['last_seen_up'] = timeutils.utcnow() - datetime.timedelta(seconds=age)
    if values:
        with session.writer() as connection:
            connection.execute(sa.update(models.services).where(models.services.c.id == service.id).values(**values))
    return objects.Service.get_by_id(admin, service.id)


def add_node(cloud, host, name=None, **values):
    """Make a compute node; returns (number, uuid)."""
    node_uuid = str(uuid.uuid4())
    columns = {
        'vcpus': 8, 'memory_mb': 8192, 'local_gb': 100, 'reserved_vcpus': 0, 'reserved_memory_mb': 512,
        'reserved_disk_gb': 0,
        'vcpus_used': 0, 'memory_mb_used': 0, 'local_gb_used': 0, 'disk_available_least': 90, 'running_vms': 0,
        'current_workload': 0, 'hypervisor_type': 'QEMU', 'hypervisor_version': 7002000, 'host_ip': '10.0.0.1',
        'cpu_info': {'arch': 'x86_64', 'topology': {'cores': 4}}, 'uptime': ' 10:00:00 up 3 days', **values}
    number = cloud.insert('compute_nodes', uuid=node_uuid, host=host, hypervisor_hostname=name or host, **columns)
    return number, node_uuid


def add_server(cloud, host, **values):
    """Make a server on a host; returns (number, uuid)."""
    server_uuid = str(uuid.uuid4())
    number = cloud.insert('instances', **{
        'uuid': server_uuid, 'created_at': timeutils.utcnow(), 'host': host, 'project_id': 'demo', 'user_id': 'demo',
        'vcpus': 1, 'memory_mb': 64, **values})
    return number, server_uuid


def add_zone(cloud, zone, *hosts):
    """Make an aggregate that puts hosts into a zone."""
    aggregate = cloud.insert('aggregates', uuid=str(uuid.uuid4()), name=f'aggregate-{zone}',
                             created_at=timeutils.utcnow())
    cloud.insert('aggregate_metadata', aggregate_id=aggregate, key='availability_zone', value=zone)
    for host in hosts:
        cloud.insert('aggregate_hosts', aggregate_id=aggregate, host=host)
    return aggregate
