# SPDX-License-Identifier: Apache-2.0
"""Directories of guests that move with their power off.  Runs in nova-compute.

``<uuid>_resize`` holds the disks that the old host keeps until the move is decided, ``<uuid>_arriving`` what is being
sent to the new one; it becomes ``<uuid>`` when all of it is there.  A file ``move`` in both names the accepted action,
so that what an earlier move left is never taken for this one's.
Cut out of Nova's nova/virt/libvirt/driver.py (_cleanup_resize, migrate_disk_and_power_off).
"""
import os

from oslo_utils import uuidutils

import mininova.conf
from mininova.virt import images
from mininova.virt.libvirt import utils

CONF = mininova.conf.CONF

KEPT, ARRIVING = '_resize', '_arriving'
MARK = 'move'
HOSTS = '.hosts'
TOKEN = '.moving-'  # noqa: S105  (the beginning of a file's name)


def kept_path(instance):
    """Return where the disks of a guest are kept that moved away."""
    return utils.instance_path(instance) + KEPT


def arriving_path(instance):
    """Return where the disks of a guest are put that comes here."""
    return utils.instance_path(instance) + ARRIVING


def write_mark(directory, action_id):
    """Say in a directory which move it belongs to."""
    path = os.path.join(directory, MARK)
    with open(path + '.part', 'w', encoding='ascii') as stream:
        stream.write(action_id)
    images.publish(path + '.part', path)


def read_mark(directory):
    """Return the action whose move a directory belongs to, None if it says nothing."""
    try:
        with open(os.path.join(directory, MARK), encoding='ascii') as stream:
            return stream.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def remove(path):
    """Remove a directory; one that is half removed never looks like a guest's."""
    doomed = path + utils.REMOVED_SUFFIX
    utils.remove_tree(doomed)
    if os.path.isdir(path):
        os.rename(path, doomed)
        utils.remove_tree(doomed)


def remove_all(instance):
    """Remove all that moves left of a guest."""
    for path in (kept_path(instance), arriving_path(instance)):
        remove(path)
    images.remove(token_path(instance))


def list_paths():
    """Return (uuid, path, suffix) of every directory of a move; the suffix ends in ``_del`` for one under removal."""
    found = []
    if not os.path.isdir(CONF.instances_path):
        return found
    for name in sorted(os.listdir(CONF.instances_path)):
        uuid, suffix = name[:36], name[36:]
        if uuidutils.is_uuid_like(uuid) and suffix.removesuffix(utils.REMOVED_SUFFIX) in (KEPT, ARRIVING):
            found.append((uuid, os.path.join(CONF.instances_path, name), suffix))
    return found


# -- does another host see the same directory? ----------------------------------------------

def token_path(instance):
    """Return the file by which the old host of a move finds out whether both see one directory."""
    return os.path.join(CONF.instances_path, TOKEN + instance.uuid)


def write_token(instance):
    """Write something that nobody can guess, and return it."""
    token = uuidutils.generate_uuid()
    with images.full_disk(token_path(instance)), open(token_path(instance), 'w', encoding='ascii') as stream:
        stream.write(token)
    return token


def sees_token(instance, token):
    """Tell whether the file is here that another host wrote."""
    try:
        with open(token_path(instance), encoding='ascii') as stream:
            return stream.read() == token
    except FileNotFoundError:
        return False


def register_host(host):
    """Leave this host's name where the guests' disks are, for others that may have the same place."""
    directory = os.path.join(CONF.instances_path, HOSTS)
    os.makedirs(directory, mode=0o755, exist_ok=True)
    with open(os.path.join(directory, host), 'w', encoding='utf-8'):
        pass


def registered_hosts():
    """Return the names of the hosts that left them here."""
    directory = os.path.join(CONF.instances_path, HOSTS)
    return sorted(os.listdir(directory)) if os.path.isdir(directory) else []


def is_registered(host):
    """Tell whether a host left its name here."""
    return bool(host) and os.path.exists(os.path.join(CONF.instances_path, HOSTS, host))
