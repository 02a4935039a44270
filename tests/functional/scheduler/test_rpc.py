# SPDX-License-Identifier: Apache-2.0
"""The way from nova-conductor to the scheduler and back, over the message bus of this process."""
import pytest

from mininova import exception
from mininova.scheduler import rpcapi
from mininova.scheduler.client import query
from tests.fixtures.texts import about


@pytest.fixture
def client(fleet, rpc):
    """The scheduler as nova-conductor sees it, with a scheduler that answers."""
    server = rpc.get_server(rpc.Target(topic=rpcapi.TOPIC, server='control'), fleet.manager.endpoints())
    server.start()
    yield query.SchedulerQueryClient()
    server.stop()
    server.wait()
    fleet.manager.drain(10)


def test_a_request_travels_whole(fleet, client):
    node_id = fleet.add_host('cmp1')
    fleet.add_host('cmp2')
    spec = fleet.spec(scheduler_hints={'group': ['g']}, ignore_hosts=['cmp2'], properties={'hw_architecture': 'x86_64'},
                      extra_specs={'capabilities:hypervisor_type': 'QEMU'})
    assert client.select_destinations(fleet.context, spec, [fleet.add_server()]) == [
        [{'host': 'cmp1', 'node': 'cmp1', 'compute_node_id': node_id}]]


def test_the_caller_gets_the_sentence_of_the_failure(fleet, client):
    fleet.add_host('cmp1', age=72)
    with pytest.raises(exception.NoValidHost) as caught:
        client.select_destinations(fleet.context, fleet.spec(), [fleet.add_server()])
    assert about(caught.value.format_message()) == (
        'No valid host was found. 0 of 1 hosts fit: 1 ComputeFilter (cmp1 down for 7x s).')
    assert caught.value.code == 400


def test_the_report_belongs_to_the_request_of_the_user(fleet, client):
    fleet.add_host('cmp1')
    server = fleet.add_server()
    client.select_destinations(fleet.context, fleet.spec(), [server])
    report, = fleet.reports(server)
    assert report.request_id == fleet.context.request_id
