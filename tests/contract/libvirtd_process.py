# SPDX-License-Identifier: Apache-2.0
"""A libvirtd of its own for tests: own namespaces, own state, no sight of /dev/kvm.

Guests, bridges and filters live in its network and process namespaces, so nothing of a test can meet
anything else on the machine, and ending the namespace's first process ends everything.  Needs root.
"""
import contextlib
import os
import shutil
import subprocess
import tempfile
import time

BRIDGE = 'br-contract'
_OTHERS = ('qemu', 'libxl', 'lxc', 'storage', 'secrets', 'hooks')
NEEDS_ROOT = 'a private libvirtd needs root'

_INIT = r"""
set -e
D=$1
mkdir -p $D/dev; mount -t tmpfs dev $D/dev
for n in null zero full random urandom tty; do cp -a /dev/$n $D/dev/; done
mkdir -p $D/dev/net $D/dev/pts $D/dev/shm; mknod $D/dev/net/tun c 10 200
mount -t devpts -o newinstance,ptmxmode=0666 devpts $D/dev/pts; ln -s pts/ptmx $D/dev/ptmx
mount -t tmpfs shm $D/dev/shm
ln -s /proc/self/fd $D/dev/fd
mkdir $D/dev/hugepages; mount -t hugetlbfs hugetlbfs $D/dev/hugepages
mount --move $D/dev /dev
mount -t tmpfs run /run; mkdir -p /run/libvirt /run/lock
mount --bind $D/run /run/libvirt
mount --bind $D/etc /etc/libvirt
mount --bind $D/lib /var/lib/libvirt
mount --bind $D/log /var/log/libvirt
mount --bind $D/cache /var/cache/libvirt
ip link set lo up
ip link add BRIDGE type bridge; ip link set BRIDGE up
virtlogd -d
libvirtd -d
touch $D/up
while :; do sleep 3600 & wait $!; done
""".replace('BRIDGE', BRIDGE)

TOOLS = ('libvirtd', 'virtlogd', 'qemu-system-x86_64', 'sshd', 'rsync', 'unshare', 'nsenter', 'ip')


def missing():
    """Return why no private libvirtd can be started here, None if it can."""
    if os.geteuid() != 0:
        return NEEDS_ROOT
    for tool in TOOLS:
        if not shutil.which(tool, path=os.environ['PATH'] + ':/usr/sbin:/sbin'):
            return f'{tool} is not installed'
    return None


class PrivateLibvirtd:
    """Started by the constructor, ended by ``stop``."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix='mn-libvirtd-')
        os.chmod(self.directory, 0o755)
        # The settings, but none of the machine's own guests, networks and pools.
        shutil.copytree('/etc/libvirt', self._path('etc'), ignore=shutil.ignore_patterns(*_OTHERS))
        for name in ('etc/qemu', 'run', 'lib', 'lib/qemu', 'log', 'log/qemu', 'cache', 'instances'):
            os.makedirs(self._path(name), exist_ok=True)
        self._write('etc/qemu.conf', 'user = "root"\ngroup = "root"\ndynamic_ownership = 0\nsecurity_driver = "none"\n'
                                     'cgroup_controllers = []\nnamespaces = []\n')
        self._write('etc/libvirtd.conf', 'auth_unix_rw = "none"\nhost_uuid = "00000000-0000-4000-8000-0000000000c7"\n')
        self._write('init.sh', _INIT)
        with open(self._path('init.log'), 'wb') as log:
            self._process = subprocess.Popen(
                ['unshare', '--net', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child', '--mount-proc',
                 'bash', self._path('init.sh'), self.directory], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.uri = f'qemu+unix:///system?socket={self._path("run/libvirt-sock")}'
        self.instances_path = self._path('instances')
        self.bridge = BRIDGE
        self._wait(lambda: os.path.exists(self._path('up')) and os.path.exists(self._path('run/libvirt-sock')))

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _write(self, name, text):
        with open(self._path(name), 'w') as stream:
            stream.write(text)

    def _wait(self, done, seconds=30):
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline or self._process.poll() is not None:
                with open(self._path('init.log')) as stream:
                    log = stream.read()
                self.stop()
                raise RuntimeError(f'private libvirtd did not start: {log}')
            time.sleep(0.05)

    @property
    def init_pid(self):
        """The first process of the namespaces, as seen from outside."""
        children = f'/proc/{self._process.pid}/task/{self._process.pid}/children'
        with open(children) as stream:
            return int(stream.read().split()[0])

    def run(self, *command, check=True):
        """Run a command inside and return its output."""
        done = subprocess.run(['nsenter', '-t', str(self.init_pid), '-a', '--', *command], capture_output=True,
                              text=True, check=check, stdin=subprocess.DEVNULL)
        return done.stdout

    def signal(self, name):
        """Send libvirtd a signal."""
        self.run('sh', '-c', f'kill -{name} $(cat /run/libvirtd.pid)')

    def kill(self):
        """End libvirtd at once; guests go on. One that is not quite gone keeps the next from starting."""
        self.run('sh', '-c', 'pid=$(cat /run/libvirtd.pid); kill -KILL $pid; '
                 'for try in $(seq 100); do [ -e /proc/$pid/stat ] || break; sleep 0.05; done')
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path('run/libvirt-sock'))

    def start(self):
        """Start libvirtd again after ``kill``."""
        self.run('libvirtd', '-d')
        self._wait(lambda: os.path.exists(self._path('run/libvirt-sock')))

    def virsh(self, *arguments, check=True):
        """Run virsh inside."""
        return self.run('virsh', '-c', 'qemu:///system', *arguments, check=check)

    def stop(self):
        """End everything and remove the files."""
        self._process.kill()
        self._process.wait()
        # The namespaces go a moment after their first process.
        for _attempt in range(50):
            shutil.rmtree(self.directory, ignore_errors=True)
            if not os.path.exists(self.directory):
                return
            time.sleep(0.1)
