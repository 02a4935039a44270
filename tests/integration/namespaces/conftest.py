# SPDX-License-Identifier: Apache-2.0
"""Hosts and guests as namespaces, and the network of most tests; see network_lab.py."""
import contextlib

import pytest

from tests.fixtures.metadata import guest  # noqa: F401
from tests.integration.groups import PROJECT, Groups
from tests.integration.network_lab import Lab


@pytest.fixture
def lab(database, database_url):
    """Hosts and guests around the test's database."""
    with contextlib.closing(Lab(database_url)) as made:
        yield made


@pytest.fixture
def private(lab, make_network):
    """The network of most tests: 10.0.0.0/24 at br100."""
    network = make_network(mtu=1400)
    lab.networks['br100'] = network.uuid
    return network


@pytest.fixture
def groups(context, database):
    """Groups of the guests' project by name; `default` is there."""
    return Groups(context)


@pytest.fixture
def plug_in(lab, groups, make_instance):
    """Function that plugs in a guest with some groups; returns (instance uuid, guest)."""
    def do(host, name, *names):
        instance_uuid = make_instance(host=host.host_name, hostname=name)
        groups.join(instance_uuid, *names)
        info = host.call('allocate', instance_uuid, PROJECT)
        plugged = lab.guest(host, name, info[0])
        assert plugged.dhcp()['ip'] == info[0]['network']['subnets'][0]['ips'][0]['address'], 'DHCP passes'
        return instance_uuid, plugged
    return do
