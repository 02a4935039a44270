# SPDX-License-Identifier: Apache-2.0
"""A cloud per story; one process runs the clients of all stories of a module."""
import pytest

from tests.functional.clients.story import Clients, Cloud, Story


@pytest.fixture(scope='module')
def clients(tmp_path_factory):
    """The process that runs clients."""
    made = Clients(tmp_path_factory.mktemp('clients'))
    yield made
    made.stop()


@pytest.fixture(scope='module')
def make_cloud(tmp_path_factory):
    """Function that starts a cloud; it ends when the next one starts, or with the module."""
    running = []

    def make():
        while running:
            running.pop().process.stop()
        running.append(Cloud(tmp_path_factory.mktemp('cloud')))
        return running[-1].start()
    yield make
    while running:
        running.pop().process.stop()


@pytest.fixture(scope='module')
def make_story(make_cloud, clients):
    """Function that begins the story of a client at a microversion, or goes on with it.

    A story that went well leaves nothing behind, and the next one has its cloud.
    """
    stories = []

    def make(program, version):
        last = stories[-1] if stories else None
        if last is None or (last.program, last.version) != (program, version):
            cloud = last.cloud if last and not last.failed else make_cloud()
            stories.append(Story(cloud, clients, program, version))
        return stories[-1]
    return make
