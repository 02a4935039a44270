# SPDX-License-Identifier: Apache-2.0
"""AggregateAPI: groups of hosts and the zones they make (nova-api).  Nova: ``AggregateAPI`` of nova/compute/api.py.

What an aggregate may become is checked in the transaction that writes it, see ``mininova/db/aggregates.py``.
"""
import logging

from mininova import exception, objects
from mininova.conductor import rpcapi as conductor_rpcapi

LOG = logging.getLogger(__name__)

MAX_ID = 0x7FFFFFFF
ZONE = 'availability_zone'


class AggregateAPI:
    """What an administrator may do to aggregates."""

    def __init__(self):
        self.compute_task_api = conductor_rpcapi.ComputeTaskAPI()

    def create_aggregate(self, context, name, availability_zone=None):
        """Return a new aggregate without hosts.

        :raises AggregateNameExists: (409)
        """
        aggregate = objects.Aggregate(context, name=name,
                                      metadata={ZONE: availability_zone} if availability_zone else {})
        aggregate.create()
        LOG.info('Aggregate %s (%s) was created, zone %s', aggregate.id, name, availability_zone)
        return aggregate

    def get_aggregate(self, context, aggregate_id):
        """:raises AggregateNotFound: (404)"""
        if not 0 < aggregate_id <= MAX_ID:
            raise exception.AggregateNotFound(aggregate_id=aggregate_id)
        return objects.Aggregate.get_by_id(context, aggregate_id)

    def get_aggregate_list(self, context):
        return objects.AggregateList.get_all(context)

    def update_aggregate(self, context, aggregate_id, values):
        """Change name and zone.

        :param values: {'name', 'availability_zone'}, one or both; a zone of None takes it away
        :raises AggregateNotFound: (404)
        :raises AggregateNameExists: (409)
        :raises InvalidAggregateAction: (400)
        """
        zone = {ZONE: values[ZONE]} if ZONE in values else {}
        return self._update(context, aggregate_id, zone, 'update_aggregate', values.get('name'))

    def update_aggregate_metadata(self, context, aggregate_id, metadata):
        """Add to the metadata and change it.

        :param metadata: {key: text, or None to remove it}
        :raises AggregateNotFound: (404)
        :raises InvalidAggregateAction: (400)
        """
        if metadata.get(ZONE) == '':
            raise exception.InvalidAggregateAction(action='update_aggregate_metadata', aggregate_id=aggregate_id,
                                                   reason='An availability zone has a name')
        return self._update(context, aggregate_id, metadata, 'update_aggregate_metadata')

    def _update(self, context, aggregate_id, metadata, action, name=None):
        aggregate = self.get_aggregate(context, aggregate_id)
        aggregate.update(metadata, action, name)
        LOG.info('Aggregate %s (%s) now has the metadata %s', aggregate.id, aggregate.name, aggregate.metadata)
        return aggregate

    def delete_aggregate(self, context, aggregate_id):
        """:raises AggregateNotFound: (404)
        :raises InvalidAggregateAction: it has hosts (400)
        """
        self.get_aggregate(context, aggregate_id).destroy()
        LOG.info('Aggregate %s was deleted', aggregate_id)

    def add_host_to_aggregate(self, context, aggregate_id, host):
        """:raises AggregateNotFound, ComputeHostNotFound: (404)
        :raises AggregateHostExists, AggregateHostRefused: (409)
        """
        aggregate = self.get_aggregate(context, aggregate_id)
        aggregate.add_host(host)
        LOG.info('Host %s was added to aggregate %s (%s)', host, aggregate.id, aggregate.name)
        return aggregate

    def remove_host_from_aggregate(self, context, aggregate_id, host):
        """:raises AggregateNotFound, ComputeHostNotFound, AggregateHostNotFound: (404)
        :raises AggregateHostRefused: (409)
        """
        aggregate = self.get_aggregate(context, aggregate_id)
        aggregate.delete_host(host)
        LOG.info('Host %s was removed from aggregate %s (%s)', host, aggregate.id, aggregate.name)
        return aggregate

    def cache_images(self, context, aggregate_id, image_ids):
        """Have the hosts of an aggregate fetch images, in the background.

        :raises AggregateNotFound: (404)
        """
        self.compute_task_api.cache_images(context, self.get_aggregate(context, aggregate_id), image_ids)
