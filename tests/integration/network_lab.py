# SPDX-License-Identifier: Apache-2.0
"""Compute hosts and guests as network namespaces: real bridges, dnsmasq, nftables and DHCP clients, no hypervisor.

A host runs network_agent.py; a guest is a namespace whose card is a veth in the host's bridge, named as libvirt
would name the tap. Everything belongs to one ``Lab`` and goes away with it.
"""
import atexit
import contextlib
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from tests.integration import agent_nursery

UDHCPC_SCRIPT = """#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
env > {directory}/$interface.lease
ip -4 address flush dev $interface
ip address add $ip/$mask dev $interface
[ -n "$mtu" ] && ip link set dev $interface mtu $mtu
set -- $staticroutes
while [ $# -gt 1 ]; do ip route replace $1 via $2; shift 2; done
exit 0
"""


def run(*command, check=True, **kwargs):
    """Run a command and return what it printed."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60, **kwargs)
    if check and done.returncode:
        raise AssertionError(f'{" ".join(map(str, command))} failed: {done.stdout}{done.stderr}')
    return done.stdout


def wait_for(condition, seconds, what):
    """Wait until a condition is true; returns how long it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() < start + seconds, f'not within {seconds} s: {what}'
        time.sleep(0.05)
    return time.monotonic() - start


@functools.cache
def nursery():
    """Return where agents are born; it ends with the tests."""
    made = agent_nursery.Nursery()
    atexit.register(made.close)
    return made


class Namespace:
    """A network namespace of a lab."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, f'{lab.prefix}-{name}'
        run('ip', 'netns', 'add', self.name)
        lab.members.append(self)
        self.ip('link', 'set', 'lo', 'up')

    def ip(self, *words):
        return run('ip', '-n', self.name, *words)

    def run(self, *command, **kwargs):
        """Run a command inside."""
        return run('ip', 'netns', 'exec', self.name, *command, **kwargs)

    def spawn(self, *command, **kwargs):
        return subprocess.Popen(['ip', 'netns', 'exec', self.name, *map(str, command)], **kwargs)

    def pids(self):
        return [int(pid) for pid in run('ip', 'netns', 'pids', self.name, check=False).split()]

    def delete(self):
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not self.pids(), 10, f'processes of {self.name} end')
        run('ip', 'netns', 'delete', self.name)


class Host(Namespace):
    """A compute host with nova-network and the metadata service."""

    def __init__(self, lab, name, options=(), concurrency='eventlet'):
        super().__init__(lab, name)
        self.host_name, self.concurrency = name, concurrency
        self.state = os.path.join(lab.directory, name)
        os.makedirs(self.state, mode=0o755)
        self._socket = os.path.join(self.state, 'agent.sock')
        with open(os.path.join(self.state, 'nova.conf'), 'w') as file:
            file.write('\n'.join([
                '[DEFAULT]', f'host = {name}', f'state_path = {self.state}', 'debug = true', 'dns_server = 192.0.2.53',
                f'log_file = {self.state}/agent.log', '[database]', f'connection = {lab.database_url}',
                '[network]', 'reconcile_interval = 1', 'sync_interval = 3600', *options, '']))
        self.process = None
        self.start()

    def start(self, **environment):
        """Start nova-network and the metadata service, with these variables."""
        arguments = [self._socket, '--config-file', os.path.join(self.state, 'nova.conf')]
        printed = os.path.join(self.state, 'agent.out')
        if environment or self.concurrency != 'eventlet':
            self.process = self._start_alone(arguments, printed, environment)
        else:
            self.process = nursery().start(self.name, arguments, printed)
        wait_for(lambda: os.path.exists(self._socket) or self.process.poll() is not None, 30, f'agent of {self.name}')
        assert self.process.poll() is None, self.log()

    def _start_alone(self, arguments, printed, environment):
        environment = dict(os.environ, MININOVA_CONCURRENCY=self.concurrency, PYTHONPATH=os.getcwd(), **environment)
        agent = os.path.join(os.path.dirname(__file__), 'network_agent.py')
        with open(printed, 'a') as output:
            return self.spawn(sys.executable, agent, *arguments, env=environment, stdout=output, stderr=output)

    def kill(self):
        """Kill nova-network; what it made stays."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._socket)

    def log(self):
        text = ''
        for name in ('agent.out', 'agent.log'):
            with contextlib.suppress(FileNotFoundError), open(os.path.join(self.state, name)) as file:
                text += file.read()[-16000:]
        return text

    def call(self, method, *args):
        """Call nova-network."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(self._socket)
            with connection.makefile('rw') as stream:
                stream.write(json.dumps({'method': method, 'args': args}) + '\n')
                stream.flush()
                answer = json.loads(stream.readline())
        assert 'error' not in answer, f'{answer}\n{self.log()}'
        return answer['result']

    def file(self, suffix, bridge='br100'):
        with open(os.path.join(self.state, 'networks', f'nova-{bridge}.{suffix}')) as file:
            return file.read()

    def dnsmasq(self, bridge='br100'):
        """Give the pid of a DHCP server, None if it does not run."""
        return self.call('facts')['networks'].get(self.lab.networks[bridge], {}).get('dnsmasq')

    def has_table(self):
        return 'table ip nova' in self.run('nft', 'list', 'tables')

    def bridges(self):
        return [line.split(':')[1].strip() for line in self.ip('-o', 'link', 'show', 'type', 'bridge').splitlines()]


def helper_options(directory):
    """Write a rootwrap configuration with the project's filters; return options that use it.

    Only /etc/nova is replaced by the directory, as the place of configuration files.
    """
    binaries = os.path.dirname(sys.executable)
    os.makedirs(f'{directory}/rootwrap.d')
    with open('etc/nova/rootwrap.d/network.filters') as source, open(f'{directory}/rootwrap.d/n.filters', 'w') as file:
        file.write(source.read().replace('/etc/nova/', f'{directory}/'))
    with open('etc/nova/rootwrap.conf') as source, open(f'{directory}/rootwrap.conf', 'w') as file:
        text = source.read().replace('/etc/nova/rootwrap.d', f'{directory}/rootwrap.d')
        file.write(text.replace('exec_dirs = ', f'exec_dirs = {binaries},'))
    with open(f'{directory}/helper.conf', 'w') as file:
        file.write(f'[DEFAULT]\nstate_path = {directory}\n')
    return ['[nova_sys_admin]', f'helper_command = {binaries}/nova-rootwrap {directory}/rootwrap.conf privsep-helper '
            f'--config-file {directory}/helper.conf']


class Guest(Namespace):
    """A guest: a namespace with one card in a host's bridge."""

    def __init__(self, lab, host, name, vif, mac=None):
        super().__init__(lab, name)
        self.vif, self.host = vif, host
        self.script = os.path.join(lab.directory, f'{name}.sh')
        self.directory = os.path.join(lab.directory, f'{name}.d')
        os.makedirs(self.directory)
        with open(self.script, 'w') as file:
            file.write(UDHCPC_SCRIPT.format(directory=self.directory))
        os.chmod(self.script, 0o755)
        # Nobody looks for duplicates or waits a random while before it asks for a router: that takes 3 s.
        self.run('sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0',
                 'net.ipv6.conf.default.router_solicitation_delay=0')
        host.ip('link', 'add', vif['devname'], 'type', 'veth', 'peer', 'name', 'eth0', 'netns', self.name)
        host.ip('link', 'set', vif['devname'], 'master', vif['network']['bridge'], 'up')
        self.ip('link', 'set', 'eth0', 'address', mac or vif['address'], 'up')

    def unplug(self):
        """Take the card out, as the end of the domain does."""
        self.host.ip('link', 'delete', self.vif['devname'])

    def dhcp(self, expect=True):
        """Ask for a lease as guests do; returns what the server said, None if nobody answered."""
        path = os.path.join(self.directory, 'eth0.lease')
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self.run('udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-t', '6' if expect else '2', '-T', '1', '-s', self.script,
                 '-O', 'mtu', '-O', 'staticroutes', '-x', 'hostname:guest', check=False)
        if not os.path.exists(path):
            return None
        with open(path) as file:
            return dict(line.rstrip('\n').split('=', 1) for line in file if '=' in line)

    def get(self, path, *options, address='169.254.169.254'):
        """Ask the metadata service; returns (status, text)."""
        output = self.run('curl', '-s', '-m', '5', '-w', '\n%{http_code}', *options, f'http://{address}{path}',
                          check=False)
        text, _newline, status = output.rpartition('\n')
        return int(status or 0), text

    def ping(self, address):
        done = subprocess.run(['ip', 'netns', 'exec', self.name, 'busybox', 'ping', '-c', '1', '-W', '2', address],
                              capture_output=True)
        return done.returncode == 0


class Lab:
    """A set of hosts and guests around one database."""

    def __init__(self, database_url):
        self.database_url = database_url
        self.prefix = f'mn{os.getpid()}'
        self.directory = tempfile.mkdtemp(prefix='mininova-net-')
        os.chmod(self.directory, 0o755)
        self.networks = {}
        self.members = []

    def host(self, name, *options, **kwargs):
        return Host(self, name, options, **kwargs)

    def guest(self, host, name, vif, **kwargs):
        return Guest(self, host, name, vif, **kwargs)

    def namespace(self, name):
        return Namespace(self, name)

    def link(self, one, device, other, other_device):
        """Lay a cable between two namespaces."""
        one.ip('link', 'add', device, 'type', 'veth', 'peer', 'name', other_device, 'netns', other.name)
        one.ip('link', 'set', device, 'up')
        other.ip('link', 'set', other_device, 'up')

    def close(self):
        for member in reversed(self.members):
            member.delete()
        shutil.rmtree(self.directory)
