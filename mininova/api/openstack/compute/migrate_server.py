# SPDX-License-Identifier: Apache-2.0
"""Move a server to another host (nova-api).  Nova: nova/api/openstack/compute/migrate_server.py."""
from oslo_utils import strutils

from mininova import exception
from mininova.api import validation
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import migrate_server as schemas
from mininova.compute import api as compute
from mininova.policies import migrate_server as policies


class MigrateServerController(wsgi.Controller):
    """For administrators, and for managers of a project where no host is named."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    @wsgi.action('migrate')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.migrate)
    @validation.response_schema(validation.EMPTY)
    def migrate(self, req, id, body):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        asked = (body['migrate'] or {}) if versions.is_supported(req, '2.56') else {}
        host = asked.get('host')
        context.can(policies.MIGRATE_HOST if host else policies.MIGRATE, target={
            'project_id': instance.project_id, 'user_id': instance.user_id})
        self.compute_api.migrate(context, instance, host)

    @wsgi.action('os-migrateLive')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.migrate_live)
    @validation.response_schema(validation.EMPTY)
    def migrate_live(self, req, id, body):
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, id, expected_attrs=['metadata', 'tags'])
        asked = body['os-migrateLive']
        host = asked['host'] or None
        context.can(policies.MIGRATE_LIVE_HOST if host else policies.MIGRATE_LIVE, target={
            'project_id': instance.project_id, 'user_id': instance.user_id})
        self.compute_api.live_migrate(
            context, instance, _block_migration(asked['block_migration']),
            strutils.bool_from_string(asked.get('disk_over_commit', False), strict=True), host,
            force=_force(req, asked, host), wait=not versions.is_supported(req, '2.34'))


def _block_migration(value):
    """Return whether disks are copied; None leaves it to what the hosts share."""
    return None if value == 'auto' else strutils.bool_from_string(value, strict=True)


def _force(req, asked, host):
    """Tell whether the scheduler is not asked about a host that is named: before 2.30 it never was.

    :raises InvalidInput: it is forced where no host is named (400)
    """
    if not versions.is_supported(req, '2.30'):
        return host is not None
    force = strutils.bool_from_string(asked.get('force', False), strict=True)
    if force and not host:
        raise exception.Invalid("Can't force to a non-provided destination")
    return force


class MigrateServer(extensions.Extension):
    """migrate and os-migrateLive."""

    alias = 'os-migrate-server'
    name = 'MigrateServer'
    actions = (extensions.ControllerActions('servers', MigrateServerController),)
