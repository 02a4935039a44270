# SPDX-License-Identifier: Apache-2.0
"""An ssh server of this machine's user on a port of its own, for tests that send disks to another host."""
import os
import shutil
import socket
import subprocess
import time


class SshServer:
    """Lets in whoever has the key in its directory.

    :ivar options: of ssh, to reach it
    """

    def __init__(self, directory):
        for name in ('host_key', 'key'):
            subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', os.path.join(directory, name)],
                           check=True)
        shutil.copy(os.path.join(directory, 'key.pub'), os.path.join(directory, 'authorized_keys'))
        with socket.socket() as chosen:
            chosen.bind(('127.0.0.1', 0))
            port = chosen.getsockname()[1]
        os.makedirs('/run/sshd', exist_ok=True)
        self._process = subprocess.Popen(
            ['/usr/sbin/sshd', '-D', '-f', '/dev/null', '-o', f'HostKey={directory}/host_key', '-o', f'Port={port}',
             '-o', 'ListenAddress=127.0.0.1', '-o', f'AuthorizedKeysFile={directory}/authorized_keys',
             '-o', 'StrictModes=no', '-o', 'UsePAM=no', '-o', f'PidFile={directory}/pid',
             '-o', 'Subsystem=sftp internal-sftp'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.options = ['-p', str(port), '-i', os.path.join(directory, 'key'), '-o', 'StrictHostKeyChecking=no',
                        '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR']
        self._wait(port)

    def _wait(self, port):
        deadline = time.monotonic() + 10
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', port)) == 0:
                    return
            assert time.monotonic() < deadline and self._process.poll() is None, 'sshd did not start'
            time.sleep(0.05)

    def stop(self):
        """End the server."""
        self._process.terminate()
        self._process.wait()
