# SPDX-License-Identifier: Apache-2.0
"""Every service is killed at every crash point of create and delete; nothing is lost, stuck or left behind.

One lab serves all points: the service that passes a point is started anew with MININOVA_CRASHPOINT, dies there while a
server is created or deleted, and is started again.  Then the server must reach its end within 60 s, and
``nova-manage verify`` must find nothing.  The names come from the source, so a new crash point is a new test.
"""
import re
import signal
import time
import uuid

import pytest
import requests

import mininova.conf
from mininova.cmd import manage_verify
from mininova.db import session
from tests.architecture import tree
from tests.fixtures import processes, services

pytestmark = [pytest.mark.needs('rabbit', 'mariadb'), pytest.mark.timeout(180)]

SETTLED = 60
# Which process runs a module; the first that fits decides.
HOMES = (
    ('mininova/compute/operations/', 'nova-compute'), ('mininova/virt/', 'nova-compute'),
    ('mininova/network/', 'nova-network'), ('mininova/scheduler/', 'nova-scheduler'),
    ('mininova/conductor/', 'nova-conductor'), ('mininova/compute/', 'nova-api'), ('mininova/api/', 'nova-api'))
# Passed by the real hypervisor driver only, or when a build moves to another host (its own test below).
ELSEWHERE = ('create.C12.downloaded.after', 'delete.D4.powered_off.after', 'create.C19.cleaned.after',
             'create.C20.claimed_elsewhere.after')


def crash_points():
    """Return the sorted (name, binary that dies there) of all crash points; one name may stand in two services."""
    found = set()
    for module in tree.modules().values():
        place = module.path.relative_to(tree.ROOT).as_posix()
        home = next((binary for prefix, binary in HOMES if place.startswith(prefix)), None)
        found |= {(name, home) for name in re.findall(r"crashpoint\('([^']+)'\)", module.text) if home}
    return sorted(found)


def points(*prefixes, being_scheduled=False):
    """Return the points of a scenario."""
    return [(name, binary) for name, binary in crash_points()
            if name.startswith(prefixes) and name not in ELSEWHERE
            and (binary == 'nova-conductor' and name.startswith('delete.')) == being_scheduled]


class Campaign:
    """A running lab and the ways to hurt it."""

    def __init__(self, lab):
        self.lab, self.nova = lab, lab.client
        self.once = None

    def arm(self, name, service):
        """Start a service anew so that it dies, once, where it passes a crash point."""
        self.once = self.lab.directory / f'died-{uuid.uuid4()}'
        self.lab.replace(service, {'MININOVA_CRASHPOINT': f'{name}@{self.once}'})

    def revive(self, service):
        """Wait for the death of a service and start it again."""
        processes.wait_for(self.once.exists, f'passing of the crash point by {service}', 30)
        assert self.lab.service(service).exit_status() == -9
        self.lab.restart(service)

    def ask(self, function, *arguments, **keywords):
        """Call the API; None if it died instead of answering."""
        try:
            return function(*arguments, **keywords)
        except requests.ConnectionError:
            return None

    def boot(self, name):
        return self.nova.boot(name, networks='auto')

    def find(self, name):
        """Return the ids of the servers of a name."""
        return [server['id'] for server in self.nova.get('/servers')['servers'] if server['name'] == name]

    def findings(self):
        return list(manage_verify.find(stuck_after=0))

    def assert_clean(self):
        """Nothing may be left after a while: what is cleaned up in the background gets some seconds."""
        found = []

        def clean():
            found[:] = self.findings()
            return not found
        try:
            processes.wait_for(clean, 'agreement', 20, interval=0.5)
        except AssertionError:
            raise AssertionError('\n'.join(found)) from None

    def remove(self, server):
        self.nova.delete(f'/servers/{server}')
        self.nova.wait_gone(server, SETTLED)
        self.assert_clean()


@pytest.fixture(scope='module')
def shared_lab(tmp_path_factory, broker, mariadb):
    """One lab with quick reconcilers and two compute hosts, of which h1 is always the better one."""
    made = services.Lab(tmp_path_factory.mktemp('campaign'), broker.new_virtual_host(), mariadb.new_database())
    made.configure(report_interval=1, service_down_time=6, rpc_response_timeout=10)
    made.configure('reconciler', interval=1, grace=2, worker_timeout=6)
    made.configure_host('h1', 'fake', memory_mb=400000)
    made.configure_host('broken', 'fake', faults='spawn:fail:0', memory_mb=800000)
    try:
        made.cloud(hosts=('h1', 'h2'))
        made.manage('network', 'create', 'private', '--fixed-range-v4', '10.100.0.0/24', '--bridge', 'br100')
        yield made
    finally:
        made.stop()


@pytest.fixture
def campaign(shared_lab, conf, rpc):
    """The lab, and this process as nova-manage: same database, same message bus."""
    conf.config(group='database', connection=shared_lab.database_url)
    conf.config(transport_url=shared_lab.transport_url)
    session.reset()
    rpc.cleanup()
    rpc.init(mininova.conf.CONF)
    yield Campaign(shared_lab)
    session.reset()


def test_the_points_are_those_of_the_book():
    """Steps C1 to C20 and D1 to D11 of doc/source/reliability.rst have at least one point each."""
    steps = {name.split('.')[1] for name, _binary in crash_points() if name.startswith(('create.', 'delete.'))}
    assert {f'C{number}' for number in range(1, 21)} <= steps
    # The tap goes with the guest (D5): libvirt makes and removes it.
    assert {f'D{number}' for number in range(1, 12)} - {'D6'} <= steps


@pytest.mark.parametrize('name, service', points('create.', 'network.allocate'))
def test_a_create_survives_a_kill_at(campaign, name, service):
    label = f'vm-{name}'
    campaign.arm(name, service)
    server = campaign.ask(campaign.boot, label)
    campaign.revive(service)
    if server is None:
        assert service == 'nova-api'
        found = campaign.find(label)
        committed = not name.startswith('create.C1.')
        assert len(found) == committed, 'what was committed stands, what was not does not'
        if not committed:
            campaign.assert_clean()
            return
        server = found[0]
    campaign.nova.wait_status(server, 'ACTIVE', seconds=SETTLED)
    campaign.assert_clean()
    campaign.remove(server)


@pytest.mark.parametrize('name, service', points('delete.', 'network.deallocate'))
def test_a_delete_survives_a_kill_at(campaign, name, service):
    server = campaign.boot(f'vm-{name}')
    campaign.nova.wait_status(server, 'ACTIVE', seconds=SETTLED)
    campaign.arm(name, service)
    campaign.ask(campaign.nova.delete, f'/servers/{server}')
    campaign.revive(service)
    if name == 'delete.D1.committed.before':
        assert campaign.nova.server(server)['status'] == 'ACTIVE', 'nothing was accepted, nothing happens'
        campaign.nova.delete(f'/servers/{server}')
    campaign.nova.wait_gone(server, SETTLED)
    campaign.assert_clean()


@pytest.mark.parametrize('name, service', points('delete.', being_scheduled=True))
def test_the_delete_of_a_server_being_scheduled_survives_a_kill_at(campaign, name, service):
    """The scheduler is frozen, so conductor has the server in hand and no host has it."""
    campaign.arm(name, service)
    campaign.lab.service('nova-scheduler').signal(signal.SIGSTOP)
    try:
        server = campaign.boot(f'vm-{name}')
        time.sleep(1)
        campaign.nova.delete(f'/servers/{server}')
        campaign.revive(service)
    finally:
        campaign.lab.service('nova-scheduler').signal(signal.SIGCONT)
    campaign.nova.wait_gone(server, SETTLED)
    campaign.assert_clean()


@pytest.mark.parametrize('name, service', [
    ('create.C19.cleaned.after', 'nova-compute@broken'), ('create.C20.claimed_elsewhere.after', 'nova-conductor')])
def test_a_build_that_moves_to_another_host_survives_a_kill_at(campaign, name, service):
    """The best host of all cannot start a guest."""
    lab = campaign.lab
    if 'nova-compute@broken' not in lab.services:
        lab.start('nova-network', 'nova-compute', host='broken')
    campaign.arm(name, service)
    server = campaign.ask(campaign.boot, f'vm-{name}')
    campaign.revive(service)
    settled = campaign.nova.wait_status(server, 'ACTIVE', seconds=SETTLED)
    assert settled['OS-EXT-SRV-ATTR:host'] == 'h1'
    campaign.assert_clean()
    campaign.remove(server)
