# SPDX-License-Identifier: Apache-2.0
"""How aggregates are shown.  Nova: ``_marshall_aggregate`` of nova/api/openstack/compute/aggregates.py."""
from mininova.api.openstack import api_version_request as versions


class ViewBuilder:
    """Aggregates as objects."""

    def index(self, req, aggregates):
        return {'aggregates': [self._full(req, aggregate) for aggregate in aggregates]}

    def show(self, req, aggregate):
        return {'aggregate': self._full(req, aggregate)}

    def create(self, req, aggregate):
        """Return a new one, of which hosts and metadata are not shown."""
        shown = self._full(req, aggregate)
        return {'aggregate': {name: value for name, value in shown.items() if name not in ('hosts', 'metadata')}}

    @staticmethod
    def _full(req, aggregate):
        """Return all of an aggregate; 2.41 added uuid."""
        shown = {
            'id': aggregate.id,
            'name': aggregate.name,
            'availability_zone': aggregate.availability_zone,
            'hosts': aggregate.hosts,
            'metadata': aggregate.metadata,
            'created_at': _time(aggregate.created_at),
            'updated_at': _time(aggregate.updated_at),
            'deleted': False,
            'deleted_at': None,
        }
        if versions.is_supported(req, '2.41'):
            shown['uuid'] = aggregate.uuid
        return shown


def _time(value):
    return value and value.isoformat(timespec='microseconds')
