# SPDX-License-Identifier: Apache-2.0
"""Aggregate: hosts with common properties; its metadata may name an availability zone.  Nova:
nova/objects/aggregate.py."""
import mininova.conf
from mininova import exception
from mininova.objects import base, fields

CONF = mininova.conf.CONF

db = base.Database('aggregates')


@base.register
class Aggregate(base.NovaObject, base.NovaPersistentObject):
    VERSION = '1.0'
    fields = {'id': fields.integer(), 'uuid': fields.text(), 'name': fields.text(),
              'hosts': fields.ListOfStringsField(default=[]),
              'metadata': fields.DictOfStringsField(default={})}

    @property
    def availability_zone(self):
        return self.metadata.get('availability_zone')

    @base.remotable_classmethod
    def get_by_id(cls, context, aggregate_id):
        row = db.get(aggregate_id)
        if row is None:
            raise exception.AggregateNotFound(aggregate_id=aggregate_id)
        return cls._from_row(context, row)

    @base.remotable
    def create(self):
        """Store it.

        :raises AggregateNameExists: (409)
        """
        self._take_over(db.create(self.name, self.metadata))

    @base.remotable
    def update(self, metadata, action, name=None):
        """Change the name and parts of the metadata.

        :param metadata: {key: text, or None to remove it}
        :param action: what is done, for the text of an error
        :raises AggregateNotFound: (404)
        :raises AggregateNameExists: (409)
        :raises InvalidAggregateAction: a host would be in two zones, or leave its zone with servers (400)
        """
        db.update(self.id, metadata, CONF.default_availability_zone, action, name)
        self._take_over(self.id)

    @base.remotable
    def add_host(self, host):
        """Put a host into it.

        :raises AggregateNotFound, ComputeHostNotFound: (404)
        :raises AggregateHostExists, AggregateHostRefused: (409)
        """
        db.add_host(self.id, host, CONF.default_availability_zone)
        self._take_over(self.id)

    @base.remotable
    def delete_host(self, host):
        """Take a host out of it.

        :raises AggregateNotFound, ComputeHostNotFound, AggregateHostNotFound: (404)
        :raises AggregateHostRefused: it would leave its zone with servers (409)
        """
        db.remove_host(self.id, host, CONF.default_availability_zone)
        self._take_over(self.id)

    @base.remotable
    def destroy(self):
        """Remove it.

        :raises AggregateNotFound: (404)
        :raises InvalidAggregateAction: it has hosts (400)
        """
        db.destroy(self.id)

    def _take_over(self, aggregate_id):
        row = db.get(aggregate_id)
        if row is None:
            raise exception.AggregateNotFound(aggregate_id=aggregate_id)
        for name in self.fields:
            setattr(self, name, row[name])
        self.obj_reset_changes()


@base.register
class AggregateList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('Aggregate')}

    @base.remotable_classmethod
    def get_all(cls, context):
        return cls._from_rows(context, Aggregate, db.list_all())

    @base.remotable_classmethod
    def get_zones_by_host(cls, context):
        """Return {host: availability zone} of the hosts that an aggregate puts into a zone."""
        return db.zones_by_host()
