# SPDX-License-Identifier: Apache-2.0
"""The services as processes over RabbitMQ and MariaDB: they start, work, stop and survive each other."""
import pytest

pytestmark = pytest.mark.needs('rabbit', 'mariadb')


def test_a_server_comes_and_goes(lab):
    nova = lab.cloud()
    server = nova.boot('vm1')
    nova.wait_status(server, 'ACTIVE')
    assert lab.verify() == []
    nova.delete(f'/servers/{server}')
    nova.wait_gone(server)
    assert lab.verify() == []


def test_sigterm_ends_an_idle_service_quickly(lab):
    lab.cloud()
    took = {name: lab.service(name).stop() for name in ('nova-api', 'nova-compute', 'nova-scheduler', 'nova-conductor')}
    assert max(took.values()) <= 5, took
    assert {name: lab.service(name).process.returncode for name in took} == dict.fromkeys(took, 0)
