# SPDX-License-Identifier: Apache-2.0
"""How moves of servers are listed.  Nova: _output of nova/api/openstack/compute/migrations.py."""
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common
from mininova.api.openstack.compute.views import server_fields
from mininova.objects import migration as migrations

_HOSTS = ('source_compute', 'source_node', 'dest_compute', 'dest_node', 'dest_host')
_PLAIN = ('id', *_HOSTS, 'status', 'instance_uuid', 'old_instance_type_id', 'new_instance_type_id')


class ViewBuilder(common.ViewBuilder):
    """Takes objects.Migration."""

    _collection_name = 'os-migrations'

    def index(self, req, records, show_hosts, limit=None):
        """Return moves; from 2.59 on with a link to the next page.

        :param show_hosts: whether the caller may know where servers are
        """
        answer = {'migrations': [self._record(req, record, show_hosts) for record in records]}
        if limit and len(records) == limit:
            answer['migrations_links'] = self._get_collection_links(req, records, self._collection_name)
        return answer

    def _record(self, req, record, show_hosts):
        shown = {name: getattr(record, name) for name in _PLAIN}
        if not show_hosts:
            shown.update(dict.fromkeys(_HOSTS))
        shown['created_at'] = server_fields.exact(record.created_at)
        shown['updated_at'] = server_fields.exact(record.updated_at)
        if versions.is_supported(req, '2.23'):
            shown['migration_type'] = record.migration_type
            if record.migration_type == migrations.LIVE and record.status in migrations.LIVE_IN_PROGRESS:
                shown['links'] = self._get_links(req, record.id, f'servers/{record.instance_uuid}/migrations')
        if versions.is_supported(req, '2.59'):
            shown['uuid'] = record.uuid
        if versions.is_supported(req, '2.80'):
            shown['user_id'], shown['project_id'] = record.user_id, record.project_id
        return shown
