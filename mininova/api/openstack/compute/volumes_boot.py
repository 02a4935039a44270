# SPDX-License-Identifier: Apache-2.0
"""/os-volumes_boot: another name of /servers, until 2.102 (nova-api).  Nova: nova/api/openstack/compute/routes.py.

It once was the way to boot from volumes; since long it is /servers with the actions that stood in that module.
"""
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute import resize, server_actions, server_disk_actions, servers

LAST = '2.102'
ACTIONS = ('confirmResize', 'revertResize', 'reboot', 'resize', 'rebuild', 'createImage', 'os-start', 'os-stop',
           'trigger_crash_dump')

_COLLECTION = 'os-volumes_boot'


class VolumesBoot(extensions.Extension):
    """/os-volumes_boot."""

    alias = 'os-volumes_boot'
    name = 'VolumesBoot'
    resources = (extensions.Resource(_COLLECTION, wsgi.until(LAST, servers.ServersController),
                                     collection_actions={'detail': 'GET'}, member_actions={'action': 'POST'}),)
    actions = tuple(
        extensions.ControllerActions(_COLLECTION, wsgi.until(LAST, controller, ACTIONS)) for controller in (
            resize.ResizeController, server_actions.ServerActionsController,
            server_disk_actions.ServerDiskActionsController))
