# SPDX-License-Identifier: Apache-2.0
"""Objects in a service without a database: what they send is little, and enough."""
import pytest

from mininova import context, objects

NODE = {'host': 'h1', 'hypervisor_hostname': 'n1', 'vcpus': 4, 'memory_mb': 1024, 'local_gb': 10}


@pytest.fixture
def admin():
    return context.get_admin_context()


def test_a_compute_node_can_be_reported_again_and_again(through_conductor, admin):
    node = objects.ComputeNode(admin, **NODE)
    node.report()
    node.report()
    node.vcpus = 8
    node.report()
    assert objects.ComputeNode.get_by_host_and_nodename(admin, 'h1', 'n1').vcpus == 8


def test_a_heartbeat_works_with_what_registration_returned(through_conductor, admin):
    service = objects.Service.register(admin, 'h1', 'nova-compute', 'compute')
    assert service.heartbeat()
    assert service.heartbeat()


def test_only_changes_travel(through_conductor, admin):
    node = objects.ComputeNode(admin, **NODE)
    node.report()
    node.memory_mb = 2048
    sparse = node.obj_sparse()
    sent = {name for name in sparse.fields if sparse.obj_attr_is_set(name)}
    assert sent == {'id', 'uuid', 'host', 'hypervisor_hostname', 'memory_mb'}
