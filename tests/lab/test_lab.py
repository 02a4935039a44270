# SPDX-License-Identifier: Apache-2.0
"""The lab of devstack/stack.sh, with real Keystone, Glance, RabbitMQ, MariaDB, libvirt, guests and clients.

The tests go through one lab in the order of this file; the last one removes it.
"""
import json
import signal
import time

import pytest

from tests.fixtures import browser, picture, processes
from tests.fixtures.machine import DEVSTACK, PREPARED, machine  # noqa: F401

pytestmark = [pytest.mark.needs('rabbit', 'mariadb', 'libvirt', 'network', 'keystone'), pytest.mark.timeout(1200)]

READY = 'mini-guest: ready'
LOOK = 3  # seconds between two looks with a client, which takes a processor for more than one


@pytest.fixture(scope='module')
def broken_off(machine):  # noqa: F811
    """The outputs of a stack.sh that somebody interrupted and of one that was killed."""
    return [machine.interrupt(number, sign, f'{DEVSTACK}/stack.sh', '--offline')
            for number, sign in ((signal.SIGINT, '] identity'), (signal.SIGKILL, '] services'))]


@pytest.fixture(scope='module')
def stack(machine, broken_off):  # noqa: F811
    """The output of the first stack.sh that came to its end."""
    return machine.run(f'{DEVSTACK}/stack.sh', '--offline', timeout=600)


@pytest.fixture
def lab(machine, stack):  # noqa: F811
    return machine


def openstack(lab, *words, **keywords):
    """Run openstack and return its answer as data."""
    return json.loads(lab.client('openstack', *words, '-f', 'json', **keywords))


def console(lab, server):
    return lab.client('openstack', 'console', 'log', 'show', server, wanted=None)


def create(lab, name, *words):
    lab.client('openstack', 'server', 'create', '--flavor', 'm1.nano', '--image', 'mini-guest', '--key-name', 'demo',
               *words, name, timeout=180)


def wait_ready(lab, server, seconds=120):
    processes.wait_for(lambda: READY in console(lab, server), f'guest {server} that is ready', seconds, LOOK)


def wait_status(lab, server, status, seconds=120):
    processes.wait_for(lambda: openstack(lab, 'server', 'show', server)['status'] == status, f'{status} {server}',
                       seconds, LOOK)


def delete(lab, server):
    lab.client('openstack', 'server', 'delete', '--wait', server, timeout=180)


def assert_clean(lab):
    def clean():
        return 'Everything agrees' in lab.run(f'{PREPARED}/bin/nova-manage', 'verify', wanted=None)
    processes.wait_for(clean, 'agreement', 60, LOOK)


def restart(lab, service):
    lab.lab(f'start_service {service}')


def kill(lab, service):
    """Kill a service and wait until it is gone: one that is there still would not be started."""
    lab.lab(f'pid=$(service_pid {service}); kill -KILL -- "-$(ps -o pgid= -p "$pid" | tr -d " ")"; '
            'wait_until 20 test ! -e "/proc/$pid"')


def test_an_interrupted_run_says_how_to_go_on(broken_off):
    assert '(identity): interrupted' in broken_off[0] and 'it goes on from here' in broken_off[0]
    assert '] services' in broken_off[1] and 'Ready' not in broken_off[1]


def test_a_run_ends_with_a_real_guest_after_others_were_broken_off(stack):
    """Its console shows that address, name, key and user data arrived."""
    assert 'Ready in' in stack
    for said in ('mini-guest: dhcp', 'mini-guest: metadata hostname', 'mini-guest: user data was run', READY):
        assert said in stack


def test_a_second_run_says_that_it_runs_already(lab):
    began = time.monotonic()
    assert 'already running' in lab.run(f'{DEVSTACK}/stack.sh', '--offline')
    assert time.monotonic() - began < 15


def test_the_clients_list_what_there_is(lab):
    assert {'m1.nano', 'm1.tiny'} <= {flavor['Name'] for flavor in openstack(lab, 'flavor', 'list')}
    assert {service['Binary'] for service in openstack(lab, 'compute', 'service', 'list', user='admin')} >= {
        'nova-conductor', 'nova-scheduler', 'nova-compute'}
    assert [host['State'] for host in openstack(lab, 'hypervisor', 'list', user='admin')] == ['up']
    assert openstack(lab, 'limits', 'show', '--absolute')
    assert openstack(lab, 'availability', 'zone', 'list', '--compute')
    assert 'mini-guest' in {image['Name'] for image in openstack(lab, 'image', 'list')}
    assert 'demo' in {key['Name'] for key in openstack(lab, 'keypair', 'list')}


def test_a_guest_lives_as_its_user_wants(lab):
    create(lab, 'vm1', '--security-group', 'default', '--wait')
    wait_ready(lab, 'vm1')
    shown = openstack(lab, 'server', 'show', 'vm1')
    assert shown['status'] == 'ACTIVE'
    (address,), = shown['addresses'].values()
    assert f'metadata local-ipv4 {address}' in console(lab, 'vm1').replace('=', ' ')
    assert shown['security_groups'] == [{'name': 'default'}]
    # The lab's rules let these two in, and nothing else.
    assert '1 packets received' in lab.run('busybox', 'ping', '-c', '1', address)
    assert 'SSH-2.0-dropbear' in lab.shell(f'busybox nc -w 3 {address} 22 < /dev/null | head -c 16', wanted=None)
    assert 'timed out' in lab.shell(f'busybox nc -w 3 {address} 23 < /dev/null', wanted=None)
    assert 'vm1' in lab.client('nova', 'list')
    assert 'ACTIVE' in lab.client('nova', 'show', 'vm1')
    for action, status in (('stop', 'SHUTOFF'), ('start', 'ACTIVE')):
        lab.client('openstack', 'server', action, 'vm1')
        wait_status(lab, 'vm1', status)
    lab.client('openstack', 'server', 'reboot', '--hard', '--wait', 'vm1', timeout=180)
    events = [event['Action'] for event in openstack(lab, 'server', 'event', 'list', 'vm1')]
    assert sorted(events) == ['create', 'reboot', 'start', 'stop']
    delete(lab, 'vm1')
    assert 'vm1' not in lab.client('nova', 'list')
    assert_clean(lab)


def test_a_kernel_and_a_ramdisk_boot_too(lab):
    lab.client('openstack', 'server', 'create', '--flavor', 'm1.nano', '--image', 'mini-guest-ami',
               '--config-drive', 'True', '--wait', 'ami1', timeout=180)
    wait_ready(lab, 'ami1')
    delete(lab, 'ami1')


def test_no_room_is_explained(lab):
    lab.client('openstack', 'flavor', 'create', '--ram', '128', '--disk', '1000000', 'huge', user='admin')
    lab.client('openstack', 'server', 'create', '--flavor', 'huge', '--image', 'mini-guest', '--wait', 'big1', wanted=1)
    fault = openstack(lab, 'server', 'show', 'big1')['fault']['message']
    assert fault.startswith('No valid host was found. 0 of 1 hosts fit: 1 DiskFilter (needs 1000000 GB, most free ')
    explained = lab.run(f'{PREPARED}/bin/nova-manage', 'scheduler', 'explain', 'big1')
    assert 'DiskFilter' in explained and 'lab1' in explained
    delete(lab, 'big1')
    assert_clean(lab)


def test_compute_killed_while_it_starts_a_guest(lab):
    create(lab, 'vm2')
    processes.wait_for(lambda: openstack(lab, 'server', 'show', 'vm2')['OS-EXT-STS:task_state'] != 'scheduling',
                       'build on the host', 60, 0.2)
    kill(lab, 'n-cpu')
    restart(lab, 'n-cpu')
    wait_status(lab, 'vm2', 'ACTIVE')
    wait_ready(lab, 'vm2')


@pytest.mark.needs('chromium')
def test_the_screen_of_a_guest_in_a_browser(lab):
    """vm2 of the test before."""
    url = openstack(lab, 'console', 'url', 'show', 'vm2')['url']
    directory = lab.directory / 'browser'
    directory.mkdir()
    with browser.Browser(directory, lab.prefix) as page:
        page.open(url)
        page.wait_for("document.getElementById('status')?.textContent?.startsWith('Connected to QEMU (instance-')", 60)
        page.wait_for("document.querySelector('#screen canvas')?.width > 300")
        shown = page.screenshot()
    assert picture.Picture(shown).lines_of_text() > 5
    token = url.rpartition('%3D')[2]
    log = lab.shell(f'cat {PREPARED}/logs/n-novnc.log')
    assert 'The novnc console was opened' in log and token not in log


def test_a_guest_survives_the_end_of_libvirtd_and_of_all_services(lab):
    """vm2 of the test before: the same boot, before and after."""
    boots = console(lab, 'vm2').count(READY)
    lab.shell('kill -KILL $(pgrep -x libvirtd)')
    for service in ('n-cpu', 'n-net', 'n-cond', 'n-sch', 'n-novnc', 'n-api'):
        kill(lab, service)
    lab.lab('start_libvirt')
    for service in ('n-cond', 'n-sch', 'n-novnc', 'n-net', 'n-cpu', 'n-api'):
        restart(lab, service)
    processes.wait_for(lambda: 'ACTIVE' in lab.client('nova', 'list', wanted=None), 'vm2 in the list', 90, LOOK)
    assert console(lab, 'vm2').count(READY) == boots
    lab.client('openstack', 'server', 'reboot', '--hard', '--wait', 'vm2', timeout=180)


def test_a_session_that_is_joined_again_has_the_same_servers(lab):
    """vm2 of the tests before runs on while there is no service."""
    before = openstack(lab, 'server', 'list')
    assert 'still running' in lab.run(f'{DEVSTACK}/unstack.sh', timeout=180)
    lab.run(f'{DEVSTACK}/rejoin-stack.sh')
    processes.wait_for(lambda: 'ACTIVE' in lab.client('nova', 'list', wanted=None), 'vm2 in the list', 120, LOOK)
    assert openstack(lab, 'server', 'list') == before
    assert 'already running' in lab.run(f'{DEVSTACK}/stack.sh', '--offline')
    delete(lab, 'vm2')
    assert_clean(lab)


def test_nothing_is_left_in_the_end(lab):
    create(lab, 'vm3', '--wait')
    lab.run(f'{DEVSTACK}/clean.sh', timeout=180)
    assert not lab.shell(f'ls -A {PREPARED} 2> /dev/null', wanted=None).strip()
    assert lab.run('ip', '-o', 'link').count('\n') == 1, 'only the loopback is left'
    assert 'nova' not in lab.run('nft', 'list', 'ruleset')
    left = lab.shell("ps -eo pid,args --no-headers | grep -Ev 'init.sh|sleep 3600|ps -eo|grep|bash -c'", wanted=None)
    assert not left.strip(), left
