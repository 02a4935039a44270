# SPDX-License-Identifier: Apache-2.0
"""Sends a guest's disks: within one file system by copying, to another host with rsync or scp over ssh.

Runs in nova-compute, as its user on both ends; `[libvirt] migration_ssh_options` names key and port where they are not
in the user's own ssh configuration.  A long copy is broken off when something else is asked of the server.
Nova: nova/virt/libvirt/volume/remotefs.py (RemoteFilesystem), copy_image of nova/virt/libvirt/utils.py.
"""
import json
import os
import shlex

from oslo_concurrency import processutils

import mininova.conf
from mininova import concurrency, exception
from mininova.virt import imagecache, images
from mininova.virt.libvirt import blockinfo, disks, moving_disks, utils

CONF = mininova.conf.CONF

POLL = 0.5  # seconds between two questions whether to go on
OUTGOING = 'outgoing'
# The cached image under a root disk, sent along to a host that does not have it.
BASE = 'base'


class Sender:
    """Sends the disks that one guest's move keeps on this host.

    :param overtaken: function that says whether to stop
    """

    def __init__(self, instance, overtaken):
        self._instance, self._overtaken = instance, overtaken
        self._kept = moving_disks.kept_path(instance)
        record = utils.read_record(self._kept)
        # Swap space has nothing that is worth sending; it is made anew.
        self.record = {name: entry for name, entry in record.items() if name != blockinfo.SWAP}

    def send_here(self):
        """Copy within this file system, which may be the other host's too."""
        target, arriving = utils.instance_path(self._instance), moving_disks.arriving_path(self._instance)
        if moving_disks.read_mark(target) == self._instance.action_id:
            return
        if os.path.exists(target):
            raise exception.ResizeError(reason=f'{target} is in the way')
        moving_disks.remove(arriving)
        os.makedirs(arriving, mode=0o711)
        for path in self._files():
            self._run('cp', '--sparse=always', '--reflink=auto', '--', path,
                      os.path.join(arriving, os.path.basename(path)))
        utils.write_record(arriving, self.record)
        moving_disks.write_mark(arriving, self._instance.action_id)
        self._run('sync', '-f', arriving)
        images.publish(arriving, target)

    def send_to(self, host, instances_path, image_cache):
        """Copy to another host.

        :param instances_path: where guests' disks are there
        :param image_cache: where its cached images are
        """
        target = os.path.join(instances_path, self._instance.uuid)
        arriving, mark = target + moving_disks.ARRIVING, os.path.join(target, moving_disks.MARK)
        if self._ask(host, f'cat {shlex.quote(mark)} 2>/dev/null || true').strip() == self._instance.action_id:
            return
        # This directory is not the one that this host sees: what bears the guest's name there is a remainder.
        self._ask(host, f'rm -rf -- {shlex.quote(target)} {shlex.quote(arriving)} && '
                        f'mkdir -m 711 -- {shlex.quote(arriving)}')
        files = self._files() + self._outgoing() + self._bases(host, image_cache)
        for path, name in ((path, os.path.basename(path)) if isinstance(path, str) else path for path in files):
            self._copy(path, host, os.path.join(arriving, name))
        self._ask(host, f'sync -f {shlex.quote(arriving)} && mv -T -- {shlex.quote(arriving)} {shlex.quote(target)}')

    def _files(self):
        names = [*self.record, *(name for name in (disks.KERNEL, disks.RAMDISK)
                                 if os.path.exists(os.path.join(self._kept, name)))]
        return [os.path.join(self._kept, name) for name in names]

    def _outgoing(self):
        """Write what the new host needs besides the disks, and return the paths."""
        directory = os.path.join(self._kept, OUTGOING)
        os.makedirs(directory, mode=0o700, exist_ok=True)
        utils.write_record(directory, self.record)
        moving_disks.write_mark(directory, self._instance.action_id)
        return [os.path.join(directory, name) for name in (utils.RECORD, moving_disks.MARK)]

    def _bases(self, host, image_cache):
        """Return [(path, name)] of the cached image under the root disk if the other host does not have it."""
        for entry in self.record.values():
            path = imagecache.path_of(entry['image_id']) if entry.get('image_id') else None
            if entry['format'] != 'qcow2' or not path or not os.access(path, os.R_OK):
                continue
            there = os.path.join(image_cache, os.path.basename(path) + '.json')
            if self._ask(host, f'test -e {shlex.quote(there)} && echo yes || true').strip() != 'yes':
                return [(path, BASE), (path + '.json', BASE + '.json')]
        return []

    def _copy(self, path, host, target):
        options = CONF.libvirt.migration_ssh_options
        address = f'[{host}]' if ':' in host else host
        if CONF.libvirt.remote_filesystem_transport == 'rsync':
            shell = shlex.join(['ssh', '-o', 'BatchMode=yes', *options])
            self._run('rsync', '--archive', '--sparse', '--protect-args', '-e', shell, '--', path,
                      f'{address}:{target}')
        else:
            self._run('scp', '-q', '-p', '-o', 'BatchMode=yes', *scp_options(options), '--', path,
                      f'{address}:{target}')

    def _ask(self, host, command):
        """Run a command line on the other host and return what it prints."""
        return self._run('ssh', '-o', 'BatchMode=yes', *CONF.libvirt.migration_ssh_options, '--', host, command)

    def _run(self, *command):
        """Run a tool; it is ended when something else is asked of the server.

        :raises StaleAction: that was so
        :raises DiskNotEnough, ResizeError: it failed
        """
        running, result, done = [], {}, concurrency.event()

        def work():
            try:
                result['output'], _errors = processutils.execute(
                    *command, on_execute=running.append, env_variables=tool_environment())
            except Exception as error:
                result['error'] = error
            finally:
                done.set()
        concurrency.spawn(work)
        while not done.wait(POLL):
            if running and self._overtaken():
                running[0].terminate()
                done.wait(5)
                raise exception.StaleAction(instance_uuid=self._instance.uuid, action_id=self._instance.action_id)
        if 'error' in result:
            raise _explain(result['error'], command[0])
        return result['output']


def tool_environment():
    """Return the environment of a tool that speaks ssh: this user's keys, and messages in English."""
    known = {name: os.environ[name] for name in ('HOME', 'USER', 'SSH_AUTH_SOCK') if name in os.environ}
    return {**known, 'LC_ALL': 'C', 'PATH': utils.TOOL_PATH}


def scp_options(options):
    """Return options of ssh as scp wants them: it calls the port -P."""
    return ['-P' if option == '-p' else option for option in options]


def _explain(error, tool):
    text = (getattr(error, 'stderr', None) or str(error)).strip()[-500:]
    if 'No space left' in text:
        return exception.DiskNotEnough(path='of the other host', reason=text)
    return exception.ResizeError(reason=f'the disks could not be sent: {tool}: {text}')


def describe(record, shared):
    """Return what ``finish_migration`` is told, as JSON."""
    return json.dumps({'disks': record, 'shared': shared})
