# SPDX-License-Identifier: Apache-2.0
"""The live migrations of a server that are under way, 2.22 and later (nova-api).

Nova: nova/api/openstack/compute/server_migrations.py.
"""
from mininova import exception
from mininova.api import validation
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common, extensions, wsgi
from mininova.api.openstack.compute.schemas import server_migrations as schemas
from mininova.api.openstack.compute.views import server_migrations as views
from mininova.compute import api as compute
from mininova.objects import migration as migration_obj
from mininova.policies import servers_migrations as policies


class ServerMigrationsController(wsgi.Controller):
    """Watch a live migration, hurry it, or call it off."""

    _view_builder_class = views.ViewBuilder

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    def _find(self, req, server_id, rule):
        """Return (context, server, the target of rules about it)."""
        context = req.environ['nova.context']
        instance = common.get_instance(self.compute_api, context, server_id, expected_attrs=['metadata', 'tags'])
        target = {'project_id': instance.project_id, 'user_id': instance.user_id}
        context.can(rule, target=target)
        return context, instance, target

    @wsgi.api_version('2.22')
    @wsgi.action('force_complete')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 403, 404, 409))
    @validation.schema(schemas.force_complete)
    @validation.response_schema(validation.EMPTY)
    def force_complete(self, req, server_id, id, body):
        context, instance, _target = self._find(req, server_id, policies.FORCE_COMPLETE)
        self.compute_api.live_migrate_force_complete(context, instance, id)

    @wsgi.api_version('2.23')
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req, server_id):
        context, instance, target = self._find(req, server_id, policies.INDEX)
        migrations = self.compute_api.get_live_migrations_in_progress(context, instance)
        return self._view_builder.index(req, migrations, context.can(policies.INDEX_HOST, target=target, fatal=False))

    @wsgi.api_version('2.23')
    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, server_id, id):
        context, instance, _target = self._find(req, server_id, policies.SHOW)
        migration = self.compute_api.find_migration(context, instance, id)
        if migration is None:
            raise exception.NotFound(f'In-progress live migration {id[:80]} is not found for server {server_id}.')
        if migration.migration_type != migration_obj.LIVE:
            raise exception.NotFound(f'Migration {id} for server {server_id} is not live-migration.')
        if migration.status not in migration_obj.LIVE_IN_PROGRESS:
            raise exception.NotFound(f'Live migration {id} for server {server_id} is not in progress.')
        return self._view_builder.show(req, migration)

    @wsgi.api_version('2.24')
    @wsgi.response(202)
    @wsgi.expected_errors((400, 404, 409))
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(validation.EMPTY)
    def delete(self, req, server_id, id):
        context, instance, _target = self._find(req, server_id, policies.DELETE)
        self.compute_api.live_migrate_abort(context, instance, id, also_waiting=versions.is_supported(req, '2.65'))


class ServerMigrations(extensions.Extension):
    """/servers/{id}/migrations."""

    alias = 'server-migrations'
    name = 'ServerMigrations'
    resources = (extensions.Resource('migrations', ServerMigrationsController, parent=('servers', 'server_id'),
                                     member_actions={'action': 'POST'}),)
