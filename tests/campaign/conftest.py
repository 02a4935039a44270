# SPDX-License-Identifier: Apache-2.0
"""One lab serves all points of all files that a process runs, but the random runs."""
import pytest

import mininova.conf
from mininova.db import session
from tests.campaign import crash_lab
from tests.fixtures.mariadb import mariadb  # noqa: F401
from tests.fixtures.rabbit import broker  # noqa: F401


def pytest_addoption(parser):
    parser.addoption('--seed', type=int, action='append', help='a random run; again for another one')


@pytest.fixture(scope='session')
def shared_lab(tmp_path_factory, broker, mariadb):  # noqa: F811
    made = crash_lab.make_lab(tmp_path_factory.mktemp('campaign'), broker, mariadb)
    yield made
    made.stop()


@pytest.fixture
def campaign(shared_lab, conf, rpc):
    """The lab, and this process as nova-manage: same database, same message bus."""
    conf.config(group='database', connection=shared_lab.database_url)
    conf.config(transport_url=shared_lab.transport_url)
    session.reset()
    rpc.cleanup()
    rpc.init(mininova.conf.CONF)
    yield crash_lab.Campaign(shared_lab)
    session.reset()


@pytest.fixture
def server(campaign):
    """A server on h1."""
    made = campaign.boot_active('vm')
    assert campaign.host_of(made) == 'h1'
    yield made
    campaign.remove(made)
