# SPDX-License-Identifier: Apache-2.0
"""Service: a daemon on a host, as it last reported.  Nova: nova/objects/service.py."""
import types

from mininova import exception
from mininova.objects import base, fields

db = base.Database('services')

# Raised with each change of RPC or objects that older services do not understand.
SERVICE_VERSION = 1


@base.register
class Service(base.NovaObject, base.NovaPersistentObject):
    """``age`` is the number of seconds since the last heartbeat, on the database's clock, when the record was read."""
    VERSION = '1.0'
    fields = {
        'id': fields.integer(), 'uuid': fields.text(), 'host': fields.text(), 'binary': fields.text(),
        'topic': fields.text(),
        'report_count': fields.integer(), 'disabled': fields.BooleanField(default=False),
        'disabled_reason': fields.text(),
        'last_seen_up': fields.time(), 'forced_down': fields.BooleanField(default=False), 'version': fields.integer(),
        'age': fields.FloatField(nullable=True),
    }

    @base.remotable_classmethod
    def register(cls, context, host, binary, topic, disabled=False):
        """Make or find the record of a starting service and stamp it as alive."""
        return cls._from_row(context, db.register(host, binary, topic, SERVICE_VERSION, disabled))

    @base.remotable
    def heartbeat(self):
        """Stamp the service as alive; False means that an administrator removed the record."""
        return db.heartbeat(self.id)

    @classmethod
    def _one(cls, context, row, **named):
        if row is None:
            if 'binary' in named:
                raise exception.HostBinaryNotFound(**named)
            raise exception.ServiceNotFound(service_id=next(iter(named.values())))
        return cls._from_row(context, row)

    @base.remotable_classmethod
    def get_by_id(cls, context, id_):
        return cls._one(context, db.get(id_=id_), id=id_)

    @base.remotable_classmethod
    def get_by_uuid(cls, context, uuid):
        return cls._one(context, db.get(uuid=uuid), uuid=uuid)

    @base.remotable_classmethod
    def get_by_host_and_binary(cls, context, host, binary):
        return cls._one(context, db.get(host=host, binary=binary), host=host, binary=binary)

    @base.remotable_classmethod
    def get_by_compute_host(cls, context, host):
        row = db.get(host=host, binary='nova-compute')
        if row is None:
            raise exception.ComputeHostNotFound(host=host)
        return cls._from_row(context, row)

    @base.remotable
    def save(self):
        row = db.update(self.id, self.obj_changes_plain())
        if row is None:
            raise exception.ServiceNotFound(service_id=self.id)
        self.updated_at, self.age = row['updated_at'], row['age']
        self.obj_reset_changes()

    @base.remotable_classmethod
    def count_unfinished_evacuations(cls, context, host):
        """Return how many servers were evacuated from a host that has not cleaned up after them."""
        return db.count_unfinished_evacuations(host)

    @base.remotable
    def destroy(self):
        """Remove the service, and for nova-compute its nodes and its place in aggregates.

        :raises ServiceInUse: the host has servers, or room is claimed on it, or a server moves from or to it (409)
        """
        if not db.destroy(self.id):
            raise exception.ServiceNotFound(service_id=self.id)


@base.register
class ServiceList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('Service')}

    @base.remotable_classmethod
    def get_all(cls, context, host=None, binary=None, disabled=None, topic=None):
        return cls._from_rows(context, Service, db.list_all(host, binary, disabled, topic))

    @staticmethod
    def get_rows(host=None, binary=None, disabled=None, topic=None):
        """Return the same as plain records with attributes, for the lists of the API."""
        return [types.SimpleNamespace(**row) for row in db.list_all(host, binary, disabled, topic)]
