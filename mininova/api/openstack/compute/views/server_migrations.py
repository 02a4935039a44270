# SPDX-License-Identifier: Apache-2.0
"""How a live migration under way is shown.  Nova: ``output`` of nova/api/openstack/compute/server_migrations.py."""
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common
from mininova.api.openstack.compute.views import server_fields

_PLACES = ('dest_compute', 'dest_host', 'dest_node', 'source_compute', 'source_node')
_COUNTERS = ('disk_processed', 'disk_remaining', 'disk_total', 'memory_processed', 'memory_remaining', 'memory_total')


class ViewBuilder(common.ViewBuilder):
    """Takes objects.Migration."""

    _collection_name = 'servers/migrations'

    def index(self, req, migrations, with_hosts):
        """:param with_hosts: show between which hosts they go"""
        return {'migrations': [self._one(req, migration, with_hosts) for migration in migrations]}

    def show(self, req, migration):
        return {'migration': self._one(req, migration, True)}

    @staticmethod
    def _one(req, migration, with_hosts):
        shown = {name: getattr(migration, name) if with_hosts else None for name in _PLACES}
        shown.update({f'{name}_bytes': getattr(migration, name) for name in _COUNTERS})
        shown.update(id=migration.id, server_uuid=migration.instance_uuid, status=migration.status,
                     created_at=server_fields.exact(migration.created_at),
                     updated_at=server_fields.exact(migration.updated_at))
        if versions.is_supported(req, '2.59'):
            shown['uuid'] = migration.uuid
        if versions.is_supported(req, '2.80'):
            shown.update(user_id=migration.user_id, project_id=migration.project_id)
        return shown
