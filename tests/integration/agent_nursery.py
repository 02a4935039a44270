# SPDX-License-Identifier: Apache-2.0
"""Where network agents are born: a process that has imported everything and forks an agent whenever one is wanted.

An agent of its own takes 0.9 s of processor time to import what it needs, and each simulated host has one. Run as a
script this takes lines of JSON, {"namespace", "arguments", "output"}, and answers each with the pid of a new agent;
``Nursery`` is the other end. All end with it, or when somebody kills them.
"""
import ctypes
import json
import os
import select
import signal
import subprocess
import sys

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_REC, MS_SLAVE, MNT_DETACH = 0x4000, 0x80000, 2


class Agent:
    """A process that is somebody else's child, with what subprocess.Popen has for one's own."""

    def __init__(self, pid):
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)

    def _ended(self, seconds):
        return bool(select.select([self._descriptor], [], [], seconds)[0])

    def poll(self):
        """Return None as long as it runs; how it ended is not known."""
        return -1 if self._ended(0) else None

    def wait(self, seconds=30):
        assert self._ended(seconds), f'process {self.pid} has not ended within {seconds} s'

    def kill(self):
        if self.poll() is None:
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)


class Nursery:
    """The process that has imported everything; it ends with this one."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=dict(os.environ, MININOVA_CONCURRENCY='eventlet', PYTHONPATH=os.getcwd()))

    def start(self, namespace, arguments, output):
        """Start an agent in a network namespace.

        :param arguments: what network_agent.py takes
        :param output: path of the file to which it prints
        """
        request = {'namespace': namespace, 'arguments': [str(word) for word in arguments], 'output': output}
        self._process.stdin.write(json.dumps(request) + '\n')
        self._process.stdin.flush()
        return Agent(int(self._process.stdout.readline()))

    def close(self):
        self._process.stdin.close()
        self._process.wait()


# -- in the process that has imported everything ------------------------------------------


def enter(namespace):
    """Become part of a network namespace, as ``ip netns exec`` does: /sys is of the namespace, too."""
    libc = ctypes.CDLL(None, use_errno=True)

    def call(name, *arguments):
        if getattr(libc, name)(*arguments) != 0:
            raise OSError(ctypes.get_errno(), f'{name}: {os.strerror(ctypes.get_errno())}')
    with open(f'/var/run/netns/{namespace}') as file:
        call('setns', file.fileno(), CLONE_NEWNET)
    call('unshare', CLONE_NEWNS)
    call('mount', b'', b'/', b'none', MS_SLAVE | MS_REC, None)
    call('umount2', b'/sys', MNT_DETACH)
    call('mount', namespace.encode(), b'/sys', b'sysfs', 0, None)


def become_agent(network_agent, request):
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    output = os.open(request['output'], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for number in (1, 2):
        os.dup2(output, number)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    enter(request['namespace'])
    sys.argv[1:] = request['arguments']
    network_agent.main()


def main():
    sys.path.insert(0, os.path.dirname(__file__))
    import network_agent
    network_agent.prepare()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody has to bury the agents
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                become_agent(network_agent, json.loads(line))
            finally:
                os._exit(1)
        print(pid, flush=True)


if __name__ == '__main__':
    main()
