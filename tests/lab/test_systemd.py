# SPDX-License-Identifier: Apache-2.0
"""The units of etc/systemd, in a machine that systemd booted, as ``devstack/stack.sh --systemd`` installs them.

The tests go through one lab in the order of this file; the last one removes it.
"""
import json
import time

import pytest

from tests.fixtures import processes
from tests.fixtures.machine import DEVSTACK, PREPARED
from tests.fixtures.nspawn import container  # noqa: F401

pytestmark = [pytest.mark.needs('rabbit', 'mariadb', 'libvirt', 'network', 'keystone', 'systemd'),
              pytest.mark.timeout(900)]

UNITS = ('nova-api', 'nova-conductor', 'nova-scheduler', 'nova-novncproxy', 'nova-network', 'nova-compute')
READY = 'mini-guest: ready'
LOOK = 3  # seconds between two looks with a client, which takes a processor for more than one
CONSOLE_LIMIT = 2 << 20
TRACES = '/etc/systemd/system /etc/nova /etc/sudoers.d /usr/local/bin /var/lib/nova /var/log/nova /run/nova'
# what comes with a machine that has libvirt, once it is used
OF_THE_MACHINE = {'libvirtd', 'virtlogd', 'polkitd', 'dbus-daemon', 'systemd-machine'}


def traces(machine):
    """Return what a lab could leave behind: units and other files, accounts, rules, bridges."""
    return machine.shell(f"find {TRACES} ! -type d -printf '%p %l\\n' 2> /dev/null | sort;"
                         'cut -d: -f1 /etc/passwd /etc/group; nft list ruleset; ls /sys/class/net', wanted=None)


def lasting_processes(machine):
    """Return the processes that are no kernel threads and come of no login of ours."""
    return set(machine.shell('ps -eo comm= | sort -u').split()) - {'ps', 'sort', 'bash'}


@pytest.fixture(scope='module')
def before(container):  # noqa: F811
    return traces(container), lasting_processes(container)


@pytest.fixture(scope='module')
def stack(container, before):  # noqa: F811
    """The output of a first stack.sh."""
    return container.run(f'{DEVSTACK}/stack.sh', '--systemd', '--offline', timeout=600)


@pytest.fixture
def lab(container, stack):  # noqa: F811
    return container


def state(lab, unit):
    return lab.unit(unit, 'ActiveState')[0]


def wait_active(lab, *units, seconds=120):
    processes.wait_for(lambda: all(state(lab, unit) == 'active' for unit in units), f'activity of {", ".join(units)}',
                       seconds, 0.5)


def wait_services_up(lab):
    """Wait until every service has beaten: the cloud, and not only its processes, is there."""
    def all_up():
        answer = lab.client('openstack', 'compute', 'service', 'list', '-f', 'json', user='admin', wanted=None)
        return answer.startswith('[') and {row['State'] for row in json.loads(answer)} == {'up'}
    processes.wait_for(all_up, 'cloud with all services up', 90, LOOK)


def console(lab, server):
    return lab.client('openstack', 'console', 'log', 'show', server)


def test_stack_ends_with_a_real_guest(stack):
    assert 'Ready in' in stack
    for said in ('mini-guest: dhcp', 'mini-guest: metadata hostname', 'mini-guest: user data was run', READY):
        assert said in stack


def test_every_unit_is_up_and_no_service_is_root(lab):
    for unit in UNITS:
        active, kind, user, restarts, pid = lab.unit(unit, 'ActiveState', 'Type', 'User', 'NRestarts', 'MainPID')
        assert (active, kind, user, restarts) == ('active', 'notify', 'nova', '0'), unit
        assert lab.run('ps', '-o', 'user=', '-p', pid).strip() == 'nova', unit
        assert lab.run('systemctl', 'is-enabled', unit).strip() == 'enabled', unit
    assert not lab.run('systemctl', '--failed', '--no-legend', '--plain', 'list-units', 'nova*', 'devstack*').strip()


def test_a_second_run_says_that_it_runs_already(lab):
    began = time.monotonic()
    assert 'already running' in lab.run(f'{DEVSTACK}/stack.sh', '--systemd', '--offline')
    assert time.monotonic() - began < 15


def test_a_guest_that_prints_without_end_fills_two_mebibytes(lab):
    """Both files together; virtlogd's second one belongs to root, and the ordinary user shows the log nevertheless."""
    script = f'{PREPARED}/status/flood'
    lab.shell(f"printf '#!/bin/sh\\nyes {'0123456789abcdef' * 3} | head -c 2200000 > /dev/ttyS0\\n"
              f"echo the flood is over > /dev/ttyS0\\n' > {script}")
    lab.client('openstack', 'server', 'create', '--flavor', 'm1.nano', '--image', 'mini-guest', '--user-data', script,
               '--wait', 'vm1', timeout=180)
    processes.wait_for(lambda: 'the flood is over' in console(lab, 'vm1'), 'end of the flood', 150, LOOK)
    shown = lab.shell(f"cd {PREPARED}/data/nova/instances && stat -c '%U %s' */console.log*").split()
    owners, sizes = shown[::2], [int(size) for size in shown[1::2]]
    assert len(sizes) == 2 and 'root' in owners, shown
    assert CONSOLE_LIMIT // 2 < sum(sizes) <= CONSOLE_LIMIT, shown
    assert len(console(lab, 'vm1')) > 50_000


def test_a_killed_service_is_started_again(lab):
    for unit in UNITS:
        pid, restarts = lab.unit(unit, 'MainPID', 'NRestarts')
        lab.run('kill', '-KILL', pid)
        processes.wait_for(lambda: lab.unit(unit, 'NRestarts', 'ActiveState') == [str(int(restarts) + 1), 'active'],  # noqa: B023
                           f'restart of {unit}', 60, 0.5)
        assert lab.unit(unit, 'MainPID') != [pid]
    wait_services_up(lab)


def test_stop_lets_work_end_and_any_order_of_start_does(lab):
    """A guest that runs goes on; a server asked for while compute stops is made after its start."""
    lab.client('openstack', 'server', 'create', '--flavor', 'm1.nano', '--image', 'mini-guest', 'vm2')
    for unit in reversed(UNITS):
        began = time.monotonic()
        lab.run('systemctl', 'stop', unit, timeout=200)
        took, (limit,) = time.monotonic() - began, lab.unit(unit, 'TimeoutStopUSec')
        assert limit == '3min' and took < 60, f'{unit} took {took:.0f} s'
        assert lab.unit(unit, 'Result', 'ActiveState') == ['success', 'inactive'], unit
    assert 'instance-' in lab.run('virsh', 'list', '--name')
    lab.run('systemctl', 'stop', 'devstack@rabbit', 'devstack@mysql', timeout=150)
    order = ('nova-compute', 'nova-network', 'nova-scheduler', 'nova-novncproxy', 'nova-api', 'devstack@rabbit',
             'devstack@mysql', 'nova-conductor')
    for unit in order:
        lab.run('systemctl', 'start', '--no-block', unit)
        time.sleep(1)
    wait_active(lab, *order, seconds=150)
    wait_services_up(lab)
    processes.wait_for(lambda: 'ACTIVE' in lab.client('openstack', 'server', 'show', 'vm2'), 'ACTIVE vm2', 90, LOOK)


def test_the_same_servers_after_unstack_and_stack(lab):
    servers = lab.client('openstack', 'server', 'list', '-f', 'csv', '-c', 'ID', '-c', 'Name', '-c', 'Status')
    assert 'still running' in lab.run(f'{DEVSTACK}/unstack.sh', timeout=200)
    assert {state(lab, unit) for unit in UNITS} == {'inactive'}
    assert 'still running' not in lab.run(f'{DEVSTACK}/unstack.sh', '-a', timeout=200)
    again = lab.run(f'{DEVSTACK}/stack.sh', '--systemd', '--offline', timeout=600, environment={'SMOKE_TEST': 'False'})
    assert 'Ready in' in again
    assert lab.client('openstack', 'server', 'list', '-f', 'csv', '-c', 'ID', '-c', 'Name', '-c', 'Status') == servers
    assert 'the flood is over' in console(lab, 'vm1')


def test_nothing_is_left_in_the_end(lab, before):
    lab.run(f'{DEVSTACK}/clean.sh', timeout=200)
    files, running = before
    assert traces(lab) == files
    assert lab.run('ls', PREPARED, wanted=2)
    assert lasting_processes(lab) - running <= OF_THE_MACHINE
    assert not lab.run('virsh', 'list', '--all', '--name').strip()
