# SPDX-License-Identifier: Apache-2.0
"""Migration: one move of a server between hosts or sizes.  Nova: nova/objects/migration.py."""
from oslo_utils import uuidutils

from mininova import exception
from mininova.objects import base, fields
from mininova.objects import flavor as flavor_obj

db = base.Database('migration_records')

# Kinds, as the API shows them.
KINDS = RESIZE, MIGRATION, LIVE, EVACUATION = 'resize', 'migration', 'live-migration', 'evacuation'
# Statuses, as the API shows them: of moves between hosts or sizes, of live migrations, of evacuations, and how all end.
STATUSES = ('pre-migrating', 'migrating', 'post-migrating', 'finished', 'confirming', 'confirmed', 'reverting',
            'reverted', 'accepted', 'queued', 'preparing', 'running', 'done', 'completed', 'cancelled', 'failed',
            'error')
# Statuses of a live migration that its source host works on; before them it is conductor's, 'accepted'.
LIVE_IN_PROGRESS = ('queued', 'preparing', 'running', 'post-migrating')
# Statuses of an evacuation under way: conductor looks for a host, and the host builds.
EVACUATION_IN_PROGRESS = ('accepted', 'pre-migrating')


@base.register
class Migration(base.NovaObject, base.NovaPersistentObject):
    """``action_id`` is that of the accepted action; ``data`` what the hypervisor driver hands from host to host.

    ``old_vm_state`` says whether the server ran when the move began.  Sizes of memory and disk are bytes.
    """
    VERSION = '1.0'
    fields = {
        'id': fields.integer(), 'uuid': fields.UUIDField(), 'instance_uuid': fields.UUIDField(),
        'source_compute': fields.text(), 'dest_compute': fields.text(), 'source_node': fields.text(),
        'dest_node': fields.text(), 'dest_host': fields.text(), 'status': fields.text(),
        'migration_type': fields.text(), 'old_instance_type_id': fields.integer(),
        'new_instance_type_id': fields.integer(), 'user_id': fields.text(), 'project_id': fields.text(),
        'hidden': fields.BooleanField(default=False), 'memory_total': fields.integer(),
        'memory_processed': fields.integer(), 'memory_remaining': fields.integer(), 'disk_total': fields.integer(),
        'disk_processed': fields.integer(), 'disk_remaining': fields.integer(), 'action_id': fields.text(),
        'old_vm_state': fields.text(), 'old_flavor': fields.ObjectField('Flavor', nullable=True),
        'new_flavor': fields.ObjectField('Flavor', nullable=True), 'data': fields.JsonField(nullable=True),
    }

    @staticmethod
    def pack(context, instance, kind, new_flavor=None, new_pci_requests=None, **values):
        """Return the columns of a new record for an accepted action; the caller adds `action_id` with the action.

        :param kind: RESIZE, MIGRATION, LIVE or EVACUATION
        :param new_flavor: for a resize
        :param new_pci_requests: documents of what that asks of PCI devices
        """
        if kind in (RESIZE, MIGRATION):
            values['data'] = {'old_pci_requests': instance.pci_requests,
                              'new_pci_requests': new_pci_requests if new_flavor else instance.pci_requests}
        new_flavor = new_flavor or instance.flavor
        return {'uuid': uuidutils.generate_uuid(), 'instance_uuid': instance.uuid, 'source_compute': instance.host,
                'source_node': instance.node, 'status': 'accepted' if kind in (LIVE, EVACUATION) else 'pre-migrating',
                'migration_type': kind, 'old_instance_type_id': instance.flavor.id,
                'new_instance_type_id': new_flavor.id, 'old_flavor': instance.flavor.to_embedded(),
                'new_flavor': new_flavor.to_embedded(), 'user_id': context.user_id, 'project_id': context.project_id,
                'old_vm_state': instance.vm_state, **values}

    @classmethod
    def _one(cls, context, row, **named):
        if row is None:
            raise exception.MigrationNotFound(**named)
        return cls.from_row(context, row)

    @classmethod
    def from_row(cls, context, row):
        return cls._from_row(context, row, **{name: row[name] and flavor_obj.Flavor.from_embedded(context, row[name])
                                              for name in ('old_flavor', 'new_flavor')})

    @base.remotable_classmethod
    def get_by_id(cls, context, migration_id):
        """Return a record.

        :raises MigrationNotFound: (404)
        """
        return cls._one(context, db.get(id_=migration_id), migration_id=migration_id)

    @base.remotable_classmethod
    def get_by_id_and_instance(cls, context, migration_id, instance_uuid):
        """Return a record of a server.

        :raises MigrationNotFoundForInstance: there is none with that number (404)
        """
        row = db.get(id_=migration_id)
        if row is None or row['instance_uuid'] != instance_uuid:
            raise exception.MigrationNotFoundForInstance(migration_id=migration_id, instance_id=instance_uuid)
        return cls.from_row(context, row)

    @base.remotable_classmethod
    def get_current(cls, context, instance_uuid, action_id=None, statuses=None):
        """Return the newest record of a server.

        :param action_id: only that of this action
        :param statuses: only one in these statuses
        :raises MigrationNotFoundByStatus: there is none (404)
        """
        row = db.get_current(instance_uuid, action_id, statuses)
        if row is None:
            raise exception.MigrationNotFoundByStatus(instance_id=instance_uuid, status=statuses)
        return cls.from_row(context, row)

    @base.remotable
    def save(self, expected_status=None):
        """Write the changes.

        :param expected_status: statuses, a value or several, that the record must have
        :returns: whether it had one of them; if not, nothing was written
        """
        statuses = [expected_status] if isinstance(expected_status, str) else expected_status
        values = {name: getattr(self, name) for name in self.obj_what_changed()}
        for name in ('old_flavor', 'new_flavor'):
            if values.get(name) is not None:
                values[name] = values[name].to_embedded()
        written = db.compare_and_swap(self.id, values, statuses)
        if written:
            self.obj_reset_changes()
        return written


@base.register
class MigrationList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('Migration')}

    @base.remotable_classmethod
    def get_by_filters(cls, context, filters, limit=None, marker=None, sort=(('created_at', 'desc'), ('id', 'desc'))):
        """Return records (:func:`mininova.db.migration_records.list_all`).

        :raises MarkerNotFound: (400)
        """
        rows = db.list_all(filters, limit, marker, sort)
        if rows is None:
            raise exception.MarkerNotFound(marker=marker)
        self = cls(context)
        self.objects = [Migration.from_row(context, row) for row in rows]
        self.obj_reset_changes()
        return self
