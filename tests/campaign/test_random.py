# SPDX-License-Identifier: Apache-2.0
"""Many actions at once on many servers, while services are killed: at random moments and at random crash points.

The choices of a run follow from its seed, its timing does not.  In the end every server that was accepted is there and
rests, every deleted one is gone, nothing is in ERROR, each guest is on one host, and ``nova-manage verify`` finds
nothing.
"""
import random
import time

import pytest

from tests.campaign import crash_lab
from tests.fixtures import processes

pytestmark = [*crash_lab.MARKS, pytest.mark.timeout(600)]

HOSTS = ('h1', 'h2', 'h3')
SERVICES = ('nova-api', 'nova-conductor', 'nova-scheduler',
            *(f'{name}@{host}'.removesuffix('@h1') for host in HOSTS for name in ('nova-compute', 'nova-network')))
ROUNDS = 120 if crash_lab.THOROUGH else 30
MOST_SERVERS = 8
PACE = 0.8                                                          # longest pause between two requests, seconds
# A request may come too early or too late; it may not be answered with anything else.
ANSWERS = (200, 202, 204, 400, 404, 409)
RESTING = ('ACTIVE', 'SHUTOFF', 'PAUSED', 'SUSPENDED', 'RESCUE', 'SHELVED', 'SHELVED_OFFLOADED', 'VERIFY_RESIZE')
ACTIONS = {
    'ACTIVE': (
        ('os-stop', None), ('reboot', {'type': 'HARD'}), ('pause', None), ('suspend', None), ('migrate', None),
        ('resize', {'flavorRef': 'big'}), ('resize', {'flavorRef': '1'}), ('rescue', None), ('shelve', None),
        ('os-migrateLive', {'host': None, 'block_migration': 'auto'}), ('rebuild', None),
        ('createImage', {'name': 'copy'}), ('attach', None)),
    'SHUTOFF': (('os-start', None), ('migrate', None), ('rebuild', None), ('shelve', None)),
    'PAUSED': (('unpause', None), ('os-migrateLive', {'host': None, 'block_migration': 'auto'})),
    'SUSPENDED': (('resume', None), ('shelve', None)), 'RESCUE': (('unrescue', None),),
    'SHELVED': (('unshelve', None), ('shelveOffload', None)), 'SHELVED_OFFLOADED': (('unshelve', None),),
    'VERIFY_RESIZE': (('confirmResize', None), ('revertResize', None)),
}


class Run:
    """One seed."""

    def __init__(self, campaign, seed):
        self.campaign, self.nova, self.random = campaign, campaign.nova, random.Random(seed)
        self.points = crash_lab.crash_points()
        self.accepted, self.deleted, self.said = set(), set(), []

    def request(self, method, path, body=None):
        """Send a request; None if nova-api is dead, or dies of it."""
        if not self.campaign.lab.service('nova-api').is_running():
            return None
        answer = self.campaign.ask(self.nova.request, method, path, body)
        if answer is not None:
            self.said.append(f'{method} {path} {body}: {answer.status_code}')
            assert answer.status_code in (*ANSWERS, 503, 504), f'{self.said[-1]} {answer.text}'
        return answer

    # -- what happens in a round ----------------------------------------------------------

    def boot(self):
        answer = self.request('POST', '/servers', {'server': {
            'name': 'random', 'flavorRef': '1', 'imageRef': self.nova.image, 'networks': 'auto'}})
        if answer is not None and answer.status_code == 202:
            self.accepted.add(answer.json()['server']['id'])

    def act(self):
        server = self.random.choice(sorted(self.accepted - self.deleted) or [None])
        wish = self.random.random()
        answer = server and self.request('GET', f'/servers/{server}')
        if answer is None or answer.status_code != 200:
            return
        status = answer.json()['server']['status']
        if wish < 0.2:                                              # whatever state it is in
            status = self.random.choice(sorted(ACTIONS))
        name, arguments = self.random.choice(ACTIONS.get(status, (('unknown', None),)))
        if name == 'rebuild':
            arguments = {'imageRef': self.nova.image}
        if name == 'attach':
            self.request('POST', f'/servers/{server}/os-interface', {'interfaceAttachment': {}})
        elif name != 'unknown':
            self.request('POST', f'/servers/{server}/action', {name: arguments})

    def delete(self):
        server = self.random.choice(sorted(self.accepted - self.deleted) or [None])
        answer = server and self.request('DELETE', f'/servers/{server}')
        if answer is not None and answer.status_code == 204:
            self.deleted.add(server)

    def kill(self):
        self.campaign.lab.service(self.random.choice(SERVICES)).kill()

    def mine(self):
        """Start a service so that it dies at some crash point, should it get there."""
        name, home = self.random.choice(self.points)
        service = self.random.choice([word for word in SERVICES if word.partition('@')[0] == home])
        process = self.campaign.lab.service(service)
        if process.is_running():
            process.kill()
        self.campaign.start_armed(name, service)

    def start_some(self):
        """Start dead services again, and wait for nova-api; one in three of the others stays dead for another round."""
        for service in SERVICES:
            process = self.campaign.lab.service(service)
            if process.is_running() or (service != 'nova-api' and self.random.random() < 0.33):
                continue
            process.environment.pop('MININOVA_CRASHPOINT', None)
            if service == 'nova-api':
                self.campaign.lab.restart(service)
            else:
                process.start()

    def go(self):
        choices = (self.boot, self.act, self.delete, self.kill, self.mine)
        for _ in range(ROUNDS):
            weights = (4 if len(self.accepted - self.deleted) < MOST_SERVERS else 0, 16, 1, 1, 1)
            self.random.choices(choices, weights)[0]()
            self.start_some()
            time.sleep(self.random.random() * PACE)

    # -- what must hold -------------------------------------------------------------------

    def restart(self):
        """Let every service that is dead, or would die, begin anew."""
        for service in SERVICES:
            self.campaign.lab.replace(service, {'MININOVA_CRASHPOINT': ''})

    def assert_rests(self):
        shown = {}

        def rested():
            shown.update({server['id']: server for server in self.nova.get('/servers/detail')['servers']})
            return all(server['OS-EXT-STS:task_state'] is None and server['status'] in (*RESTING, 'ERROR')
                       for server in shown.values())
        try:
            processes.wait_for(rested, 'rest of every server', crash_lab.SETTLED, interval=0.5)
        finally:
            for server in shown.values():
                self.said.append(f'{server["id"]} {server["status"]} {server["OS-EXT-STS:task_state"]} '
                                 f'{server.get("fault", {}).get("message")}')
        assert not [server['id'] for server in shown.values() if server['status'] == 'ERROR']
        return set(shown)

    def finish(self):
        self.restart()
        there = self.assert_rests()
        assert self.accepted - self.deleted <= there, 'nothing that was accepted is lost'
        for server in sorted(self.deleted):
            self.nova.wait_gone(server, crash_lab.SETTLED)
        self.campaign.assert_clean(crash_lab.SETTLED)
        for server in sorted(there - self.deleted):
            places = [host for host in HOSTS if (self.campaign.guest(server, host) or {}).get('domain')]
            assert len(places) <= 1, f'{server} is on {places}'
            self.nova.delete(f'/servers/{server}')
        for server in sorted(there):
            self.nova.wait_gone(server, crash_lab.SETTLED)
        self.campaign.assert_clean(crash_lab.SETTLED)


def pytest_generate_tests(metafunc):
    if 'seed' in metafunc.fixturenames:
        asked = metafunc.config.getoption('--seed', None)
        metafunc.parametrize('seed', asked or (range(1, 6) if crash_lab.THOROUGH else [1]))


@pytest.fixture(scope='module')
def shared_lab(tmp_path_factory, broker, mariadb):
    made = crash_lab.make_lab(tmp_path_factory.mktemp('random'), broker, mariadb, HOSTS)
    yield made
    made.stop()


def test_nothing_is_lost_stuck_or_left_behind(campaign, seed):
    run = Run(campaign, seed)
    try:
        run.go()
        run.finish()
    except AssertionError:
        print('\n'.join(run.said))
        raise
