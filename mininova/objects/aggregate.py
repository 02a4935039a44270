# SPDX-License-Identifier: Apache-2.0
"""Aggregate: hosts with common properties; its metadata may name an availability zone.  Nova:
nova/objects/aggregate.py."""
from mininova.objects import base, fields

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
