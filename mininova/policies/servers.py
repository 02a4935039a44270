# SPDX-License-Identifier: Apache-2.0
"""Rules of /servers.  Nova: nova/policies/servers.py."""
from mininova.policies import base

ROOT = 'os_compute_api:servers:%s'
INDEX = ROOT % 'index'
DETAIL = ROOT % 'detail'
INDEX_ALL_TENANTS = ROOT % 'index:get_all_tenants'
DETAIL_ALL_TENANTS = ROOT % 'detail:get_all_tenants'
ALLOW_ALL_FILTERS = ROOT % 'allow_all_filters'
SHOW = ROOT % 'show'
SHOW_FLAVOR_EXTRA_SPECS = ROOT % 'show:flavor-extra-specs'
SHOW_HOST_STATUS = ROOT % 'show:host_status'
SHOW_HOST_STATUS_UNKNOWN_ONLY = ROOT % 'show:host_status:unknown-only'
CREATE = ROOT % 'create'
FORCED_HOST = ROOT % 'create:forced_host'
REQUESTED_DESTINATION = 'compute:servers:create:requested_destination'
ATTACH_VOLUME = ROOT % 'create:attach_volume'
ATTACH_NETWORK = ROOT % 'create:attach_network'
TRUSTED_CERTS = ROOT % 'create:trusted_certs'
ZERO_DISK_FLAVOR = ROOT % 'create:zero_disk_flavor'
UPDATE = ROOT % 'update'
DELETE = ROOT % 'delete'
START = ROOT % 'start'
STOP = ROOT % 'stop'
REBOOT = ROOT % 'reboot'
REBUILD = ROOT % 'rebuild'
REBUILD_TRUSTED_CERTS = ROOT % 'rebuild:trusted_certs'
CREATE_IMAGE = ROOT % 'create_image'
RESIZE = ROOT % 'resize'
CONFIRM_RESIZE = ROOT % 'confirm_resize'
REVERT_RESIZE = ROOT % 'revert_resize'
TRIGGER_CRASH_DUMP = ROOT % 'trigger_crash_dump'

ATTACH_EXTERNAL_NETWORK = 'network:attach_external_network'

_SHOWN = ('GET /servers/{server_id}', 'GET /servers/detail', 'PUT /servers/{server_id}',
          'POST /servers/{server_id}/action (rebuild)')


def list_rules():
    return [
        base.rule(INDEX, base.PROJECT_READER_OR_ADMIN, 'List servers.', 'GET /servers'),
        base.rule(ATTACH_EXTERNAL_NETWORK, base.ADMIN, 'Put a server into an external network that is not shared.',
                  'POST /servers', 'POST /servers/{server_id}/os-interface'),
        base.rule(DETAIL, base.PROJECT_READER_OR_ADMIN, 'List servers with details.', 'GET /servers/detail'),
        base.rule(INDEX_ALL_TENANTS, base.ADMIN, 'List the servers of all projects.', 'GET /servers'),
        base.rule(DETAIL_ALL_TENANTS, base.ADMIN, 'List the servers of all projects with details.',
                  'GET /servers/detail'),
        base.rule(ALLOW_ALL_FILTERS, base.ADMIN, 'Use every filter of the lists of servers.', 'GET /servers',
                  'GET /servers/detail'),
        base.rule(SHOW, base.PROJECT_READER_OR_ADMIN, 'Show a server.', 'GET /servers/{server_id}'),
        base.rule(SHOW_FLAVOR_EXTRA_SPECS, base.PROJECT_READER_OR_ADMIN,
                  'See the extra specs of the flavor inside a server (2.47).', *_SHOWN),
        base.rule(SHOW_HOST_STATUS, base.ADMIN, 'See the state of the compute host of a server (2.16).', *_SHOWN),
        base.rule(SHOW_HOST_STATUS_UNKNOWN_ONLY, base.ADMIN,
                  'See the state of the compute host of a server where it is UNKNOWN (2.16).', *_SHOWN),
        base.rule(CREATE, base.PROJECT_MEMBER_OR_ADMIN, 'Create servers.', 'POST /servers'),
        base.rule(FORCED_HOST, base.ADMIN, 'Create a server on a host named in availability_zone, past the scheduler.',
                  'POST /servers'),
        base.rule(REQUESTED_DESTINATION, base.ADMIN,
                  'Create a server on the host or hypervisor named in the request (2.74).', 'POST /servers'),
        base.rule(ATTACH_VOLUME, base.PROJECT_MEMBER_OR_ADMIN, 'Create a server with disks named in the request.',
                  'POST /servers'),
        base.rule(ATTACH_NETWORK, base.PROJECT_MEMBER_OR_ADMIN, 'Create a server with networks named in the request.',
                  'POST /servers'),
        base.rule(TRUSTED_CERTS, base.PROJECT_MEMBER_OR_ADMIN, 'Create a server with trusted image certificates.',
                  'POST /servers'),
        base.rule(ZERO_DISK_FLAVOR, base.ADMIN, 'Create a server from an image with a flavor whose disk has no size.',
                  'POST /servers'),
        base.rule(UPDATE, base.PROJECT_MEMBER_OR_ADMIN, 'Change a server.', 'PUT /servers/{server_id}'),
        base.rule(DELETE, base.PROJECT_MEMBER_OR_ADMIN, 'Delete a server.', 'DELETE /servers/{server_id}'),
        base.rule(START, base.PROJECT_MEMBER_OR_ADMIN, 'Start a server.',
                  'POST /servers/{server_id}/action (os-start)'),
        base.rule(STOP, base.PROJECT_MEMBER_OR_ADMIN, 'Stop a server.', 'POST /servers/{server_id}/action (os-stop)'),
        base.rule(RESIZE, base.PROJECT_MEMBER_OR_ADMIN, 'Give a server another flavor.',
                  'POST /servers/{server_id}/action (resize)'),
        base.rule(CONFIRM_RESIZE, base.PROJECT_MEMBER_OR_ADMIN, 'Keep a server as it was resized or moved.',
                  'POST /servers/{server_id}/action (confirmResize)'),
        base.rule(REVERT_RESIZE, base.PROJECT_MEMBER_OR_ADMIN, 'Take back the resize or move of a server.',
                  'POST /servers/{server_id}/action (revertResize)'),
        base.rule(REBOOT, base.PROJECT_MEMBER_OR_ADMIN, 'Reboot a server.',
                  'POST /servers/{server_id}/action (reboot)'),
        base.rule(REBUILD, base.PROJECT_MEMBER_OR_ADMIN, 'Rebuild a server.',
                  'POST /servers/{server_id}/action (rebuild)'),
        base.rule(REBUILD_TRUSTED_CERTS, base.PROJECT_MEMBER_OR_ADMIN,
                  'Rebuild a server with trusted image certificates (2.63).',
                  'POST /servers/{server_id}/action (rebuild)'),
        base.rule(CREATE_IMAGE, base.PROJECT_MEMBER_OR_ADMIN, 'Make an image of a server.',
                  'POST /servers/{server_id}/action (createImage)'),
        base.rule(TRIGGER_CRASH_DUMP, base.PROJECT_MEMBER_OR_ADMIN, 'Make a server write a crash dump (2.17).',
                  'POST /servers/{server_id}/action (trigger_crash_dump)'),
    ]
