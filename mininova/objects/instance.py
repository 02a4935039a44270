# SPDX-License-Identifier: Apache-2.0
"""Instance: one server.  Nova: nova/objects/instance.py."""
from oslo_versionedobjects import base as ovo_base

import mininova.conf
from mininova import exception
from mininova.compute import task_states
from mininova.network import model as network_model
from mininova.objects import base, fields
from mininova.objects import flavor as flavor_obj
from mininova.objects import image_meta as image_meta_obj
from mininova.virt import hardware

db_create = base.Database('create')
db = base.Database('instances')
operations = base.Database('operations')
entries = base.Database('system_metadata')
usage = base.Database('usage')

CONF = mininova.conf.CONF

_EXTRAS = ('metadata', 'tags')


@base.register
class Instance(base.NovaObject, base.NovaPersistentObject):
    """A server and what became of it.

    ``vm_state`` is where it stands, ``task_state`` what is being done to it (None: nothing), ``power_state`` what the
    hypervisor says; ``action_id`` names the accepted action that ``task_state`` belongs to: a message that carries
    another one is stale.  ``flavor`` is the flavor as it was at the last create or resize.  ``numa_topology`` is what
    it has of its host's NUMA cells; without a host it is what it wants, or had.  ``pci_requests`` are documents of what
    its flavor asked for when it got it, ``pci_devices`` of what it has of its host.  ``device_metadata`` is where the
    hypervisor put its cards and disks at its last start ({'nics': {MAC: [bus, address]}, 'disks': {device: ...}}).
    """
    VERSION = '1.0'
    OBJ_IDENTITY = ('id', 'uuid', 'action_id')
    fields = {
        'id': fields.integer(), 'uuid': fields.UUIDField(), 'user_id': fields.text(), 'project_id': fields.text(),
        'image_ref': fields.text(), 'kernel_id': fields.text(), 'ramdisk_id': fields.text(), 'hostname': fields.text(),
        'launch_index': fields.integer(), 'key_name': fields.text(), 'key_data': fields.text(),
        'key_type': fields.text(),
        'power_state': fields.integer(), 'vm_state': fields.text(), 'task_state': fields.text(),
        'vcpus': fields.integer(), 'memory_mb': fields.integer(), 'root_gb': fields.integer(),
        'ephemeral_gb': fields.integer(),
        'host': fields.text(), 'node': fields.text(), 'user_data': fields.text(), 'reservation_id': fields.text(),
        'launched_at': fields.time(), 'terminated_at': fields.time(), 'availability_zone': fields.text(),
        'display_name': fields.text(), 'display_description': fields.text(), 'launched_on': fields.text(),
        'locked': fields.BooleanField(default=False), 'locked_by': fields.text(), 'os_type': fields.text(),
        'architecture': fields.text(), 'root_device_name': fields.text(), 'default_ephemeral_device': fields.text(),
        'default_swap_device': fields.text(), 'config_drive': fields.text(), 'access_ip_v4': fields.address(),
        'access_ip_v6': fields.address(), 'auto_disk_config': fields.BooleanField(default=False),
        'progress': fields.integer(),
        'ephemeral_key_uuid': fields.text(), 'flavorid': fields.text(), 'flavor': fields.ObjectField('Flavor'),
        'system_metadata': fields.DictOfNullableStringsField(), 'metadata': fields.DictOfStringsField(),
        'tags': fields.ListOfStringsField(), 'network_info': fields.JsonField(nullable=True),
        'numa_topology': fields.JsonField(nullable=True), 'pci_requests': fields.JsonField(nullable=True),
        'pci_devices': fields.JsonField(nullable=True), 'device_metadata': fields.JsonField(nullable=True),
        'action_id': fields.text(),
        'owner': fields.text(), 'build_attempt': fields.integer(), 'deleted': fields.BooleanField(default=False),
        'deleted_at': fields.time(),
    }

    def __getitem__(self, name):
        """Let log formats say ``%(uuid)s``."""
        return getattr(self, name)

    @property
    def name(self):
        """What the hypervisor calls the guest."""
        return CONF.instance_name_template % self.id

    @property
    def image_meta(self):
        """The image as it was when the server was made."""
        return image_meta_obj.ImageMeta.from_instance(self)

    def get_network_info(self):
        """Return the addresses and devices of the server as a NetworkInfo."""
        return network_model.NetworkInfo.hydrate(self.network_info or [])

    def get_numa_topology(self):
        """Return its InstanceNUMATopology, None if it has none."""
        document = self.numa_topology if self.obj_attr_is_set('numa_topology') else None
        return None if document is None else hardware.InstanceNUMATopology.from_document(document)

    def get_pci_devices(self):
        """Return the documents of its PCI devices, an empty list for none."""
        return (self.pci_devices if self.obj_attr_is_set('pci_devices') else None) or []

    @classmethod
    def from_row(cls, context, row, metadata=None, tags=None):
        """Build an instance from its row; metadata and tags only if given."""
        extra = {'deleted': bool(row['deleted']), 'system_metadata': row['system_metadata'] or {},
                 'flavor': flavor_obj.Flavor.from_embedded(context, row['flavor'] or {})}
        if metadata is not None:
            extra['metadata'] = metadata
        if tags is not None:
            extra['tags'] = tags
        self = cls._from_row(context, row, **extra)
        self.obj_reset_changes()
        return self

    @base.remotable_classmethod
    def get_by_uuid(cls, context, uuid, expected_attrs=('metadata',)):
        """Return one server.

        :param expected_attrs: 'metadata' and 'tags' are loaded when named
        :raises InstanceNotFound: unknown, or another project's (404)
        """
        row, extras = db.get_with(expected_attrs, uuid=uuid, project_id=_restriction(context),
                                  read_deleted=context.read_deleted)
        if row is None:
            raise exception.InstanceNotFound(instance_id=uuid)
        return cls.from_row(context, row, **extras)

    @base.remotable_classmethod
    def get_by_id(cls, context, id_, expected_attrs=('metadata',)):
        row, extras = db.get_with(expected_attrs, id_=id_, project_id=_restriction(context),
                                  read_deleted=context.read_deleted)
        if row is None:
            raise exception.InstanceNotFound(instance_id=id_)
        return cls.from_row(context, row, **extras)

    def to_row(self):
        """Return the set fields as column values."""
        return self._columns(name for name in self.fields if self.obj_attr_is_set(name))

    def _columns(self, names):
        values = {name: getattr(self, name) for name in names if name not in _EXTRAS}
        if 'flavor' in values:
            values['flavor'] = self.flavor.to_embedded()
            values['flavorid'] = self.flavor.flavorid
        for name in ('deleted', 'created_at', 'updated_at', 'id'):
            values.pop(name, None)
        return values

    @base.remotable
    def save(self, expected_vm_state=(), expected_task_state=(), expected=None):
        """Write the changes in one compare-and-swap.

        :param expected_task_state: accepted task states, a value or a list; None is a value; () accepts all
        :param expected_vm_state: the same for vm_state
        :param expected: {column: accepted values} for others, e.g. {'host': 'cmp1', 'action_id': ...}
        :raises UnexpectedTaskStateError, UnexpectedDeletingTaskStateError, UnexpectedVMStateError, StaleAction:
            somebody else was first; nothing was written (409)
        :raises InstanceNotFound: it was deleted meanwhile (404)
        """
        changes = self.obj_what_changed()
        wanted = dict(expected or {})
        if expected_task_state != ():
            wanted['task_state'] = expected_task_state
        if expected_vm_state != ():
            wanted['vm_state'] = expected_vm_state
        columns = self._columns(changes)
        if columns or wanted:
            written, found = db.compare_and_swap(self.uuid, columns, wanted)
            if not written:
                raise explain(self.uuid, found, wanted)
            self.updated_at = found
        if 'metadata' in changes:
            db.replace_metadata(self.uuid, self.metadata)
        if 'tags' in changes:
            db.replace_tags(self.uuid, self.tags)
        self.obj_reset_changes()

    @base.remotable
    def refresh(self):
        """Read the server again; what was not loaded before stays unloaded."""
        loaded = [name for name in _EXTRAS if self.obj_attr_is_set(name)]
        row, extras = db.get_with(loaded, uuid=self.uuid, read_deleted='yes')
        if row is None or (row['deleted'] and self._context.read_deleted == 'no'):
            raise exception.InstanceNotFound(instance_id=self.uuid)
        current = type(self).from_row(self._context, row, **extras)
        for name in self.fields:
            if current.obj_attr_is_set(name):
                setattr(self, ovo_base._get_attrname(name), getattr(current, name))
        self.obj_reset_changes()

    @base.remotable
    def reset_state(self, vm_state):
        """Say by decree where the server stands; what was being done to it loses its right to go on, and fails.

        :raises InstanceNotFound: it was deleted meanwhile (404)
        """
        now = operations.reset_state(self.uuid, vm_state)
        if now is None:
            raise exception.InstanceNotFound(instance_id=self.uuid)
        self.vm_state, self.task_state, self.action_id, self.owner, self.updated_at = vm_state, None, None, None, now
        self.obj_reset_changes()

    @base.remotable
    def update_system_metadata(self, changes, unless=()):
        """Write some entries of the system metadata and leave the others as they are by now.

        :param changes: {key: text, or None to remove it}
        :param unless: keys of which none may have a value yet
        :returns: whether it was written
        """
        return self._take_over(entries.merge(self.uuid, changes, unless))

    @base.remotable
    def set_lock(self, locked_by, reason, action, event, host):
        """Lock or unlock, with the record of who did it, in one transaction.

        :param locked_by: 'owner', 'admin', or None to unlock
        :param reason: text; None keeps the one there is
        :param action: columns as :meth:`InstanceAction.pack_start` gives them
        """
        self._take_over(entries.set_lock(self.uuid, locked_by, reason, action, event, host))
        self.locked, self.locked_by = locked_by is not None, locked_by
        self.obj_reset_changes(['locked', 'locked_by'])

    def _take_over(self, written):
        if written is None:
            return False
        self.system_metadata, self.updated_at = written
        self.obj_reset_changes(['system_metadata', 'updated_at'])
        return True

    @base.remotable
    def destroy(self, expected=None):
        """Mark the server deleted and give back its claims; a repeat does nothing.

        :returns: whether this call deleted it
        """
        deleted_at = db.destroy(self.uuid, expected)
        if deleted_at:
            self.deleted, self.deleted_at, self.terminated_at = True, deleted_at, deleted_at
            self.vm_state, self.task_state = 'deleted', None
        self.obj_reset_changes()
        return bool(deleted_at)

    @base.remotable
    def begin_operation(self, event, host, expected, values=None, claim=None):
        """Take up the action this object carries: one transaction that also opens its event.

        :param expected: {column: accepted values}; the action id is always compared
        :param values: column values to set, e.g. {'task_state': 'networking'}
        :param claim: what the operation needs, as :meth:`RequestSpec.to_claim` gives it; one that is held counts
        :returns: whether the claim is held
        :raises StaleAction and its siblings: the message is a repeat, or overtaken; nothing was done
        """
        wanted = {**expected, 'action_id': self.action_id}
        written, found, claimed, fitted = operations.begin(
            self.uuid, values or {}, wanted, self._context.request_id, event, host, claim)
        if not written:
            raise explain(self.uuid, found, wanted)
        for name, value in (values or {}).items():
            setattr(self, name, value)
        if fitted is not None:
            self.numa_topology, self.pci_devices = fitted['numa_topology'], fitted['pci_devices']
        if not values:
            # Cards may have come or gone since the action was accepted.
            self.network_info = db.network_info_of(self.uuid)
        self.updated_at = found
        self.obj_reset_changes()
        return claimed

    @base.remotable
    def finish_operation(self, event, expected=None, result='Success', details=None, traceback=None, fault=None,
                         release=False, migration=None, forget_intent=False):
        """End the action: write the changes, close the event and store a fault in one transaction.

        :param expected: {column: accepted values}; None writes no changes, only the records
        :param fault: {'code', 'message', 'details', 'host'} or None
        :param release: give back all its claims too, where it leaves its host, with a text those of that kind, and with
            {'keep': compute node id} what its move claimed elsewhere
        :param migration: {'id', 'expected_status', column: value}: a migration record that changes with the instance
        :param forget_intent: drop the sealed secrets of the request: the server runs and needs them no more
        :raises StaleAction and its siblings: the instance has another owner; the event is closed all the same
        """
        columns = None if expected is None else self._columns(self.obj_what_changed())
        record = {'request_id': self._context.request_id, 'event': event, 'result': result, 'details': details,
                  'traceback': traceback}
        written, found = operations.finish(self.uuid, columns, expected, record,
                                           fault and {**fault, 'instance_uuid': self.uuid}, release, migration,
                                           forget_intent)
        if not written:
            raise explain(self.uuid, found, expected)
        self.updated_at = found
        self.obj_reset_changes()

    @base.remotable
    def give_back(self, host):
        """Take the server off a host that could not build it, so that it is scheduled again.

        :raises StaleAction and its siblings: it is not that host's to give back any more
        """
        wanted = {'host': host, 'action_id': self.action_id, 'task_state': task_states.BUILD_STATES}
        written, found = operations.give_back(self.uuid, wanted)
        if not written:
            raise explain(self.uuid, found, wanted)
        self.host = self.node = None
        self.task_state = task_states.SCHEDULING
        self.obj_reset_changes()

    @base.remotable
    def accept_action(self, values, expected, action, migration=None, limits=None, contents=None):
        """Accept an action: the new task state and the record of what was asked, in one transaction.

        :param action: columns as :meth:`InstanceAction.pack_start` gives them
        :param migration: columns of a new migration record, or changes of one (:func:`mininova.db.operations.accept`)
        :param limits: as for :func:`mininova.db.quotas.check_within`, when more of the quota is needed
        :param contents: what else changes with it (:func:`mininova.db.operations.accept`)
        :raises UnexpectedTaskStateError and its siblings: somebody else was first (409)
        :raises TooManyInstances: (403)
        """
        written, found = operations.accept(self.uuid, values, expected, action, migration, limits, contents)
        if not written:
            raise explain(self.uuid, found, expected)
        for name, value in values.items():
            setattr(self, name, value)
        self.updated_at = found
        self.obj_reset_changes()

    @base.remotable
    def destroy_unowned(self, action, worker_timeout):
        """Mark a server deleted that no host and no live conductor has; the action is recorded as done.

        :param action: columns as :meth:`InstanceAction.pack_start` gives them
        :returns: whether this call deleted it
        """
        deleted_at = operations.destroy_unowned(self.uuid, action, worker_timeout)
        if deleted_at:
            self.deleted, self.deleted_at, self.terminated_at = True, deleted_at, deleted_at
            self.vm_state, self.task_state = 'deleted', None
        self.obj_reset_changes()
        return bool(deleted_at)

    @base.remotable
    def fail_build(self, fault, expected, action_message='Error'):
        """Put a server that no host could take in ERROR, with the reason, giving back its claims.

        :returns: whether it was still to be built
        """
        written, _found = operations.fail_build(self.uuid, expected, action_message, self._context.request_id,
                                                {**fault, 'instance_uuid': self.uuid})
        if written:
            self.vm_state, self.task_state = 'error', None
        self.obj_reset_changes()
        return written

    @base.remotable
    def take_ownership(self, worker, worker_timeout):
        """Let one conductor process drive this server's current action; returns whether it may."""
        return db.take_ownership(self.uuid, worker, self.action_id, worker_timeout)


def _restriction(context):
    return None if context.is_admin else (context.project_id or '')


def explain(uuid, found, wanted):
    """Say which expectation of a compare-and-swap did not hold."""
    if found is None:
        return exception.InstanceNotFound(instance_id=uuid)
    if 'task_state' in wanted and not _holds(found['task_state'], wanted['task_state']):
        deleting = found['task_state'] in (task_states.DELETING, task_states.SOFT_DELETING)
        kind = exception.UnexpectedDeletingTaskStateError if deleting else exception.UnexpectedTaskStateError
        return kind(instance_uuid=uuid, expected=wanted['task_state'], actual=found['task_state'])
    if 'vm_state' in wanted and not _holds(found['vm_state'], wanted['vm_state']):
        return exception.UnexpectedVMStateError(instance_uuid=uuid, expected=wanted['vm_state'],
                                                actual=found['vm_state'])
    return exception.StaleAction(instance_uuid=uuid, action_id=wanted.get('action_id'))


def _holds(value, wanted):
    return value in wanted if isinstance(wanted, (list, tuple, set, frozenset)) else value == wanted


@base.register
class InstanceList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('Instance')}

    @classmethod
    def _make(cls, context, rows):
        self = cls(context)
        self.objects = [Instance.from_row(context, row) for row in rows]
        self.obj_reset_changes()
        return self

    @base.remotable_classmethod
    def get_by_host(cls, context, host, read_deleted='no'):
        """Return the servers of one compute host."""
        return cls._make(context, db.list_by_host(host, read_deleted))

    @base.remotable_classmethod
    def get_by_uuids(cls, context, uuids):
        """Return those of some servers that there are, whoever's they are."""
        return cls._make(context, db.list_by_uuids(uuids))

    @base.remotable_classmethod
    def get_active_by_window(cls, context, begin, end, host, limit, marker=None):
        """Return servers of a host that ran at some moment of a period, deleted ones too, by uuid.

        :param marker: uuid of the last one seen
        """
        rows, metadata = usage.page_of_host(host, begin, end, limit, marker)
        self = cls(context)
        self.objects = [Instance.from_row(context, row, metadata=metadata[row['uuid']]) for row in rows]
        self.obj_reset_changes()
        return self

    @base.remotable_classmethod
    def count_active_by_window(cls, context, begin, end, host):
        """Return how many servers of a host ran at some moment of a period."""
        return usage.count_of_host(host, begin, end)

    @base.remotable_classmethod
    def get_unsettled_by_host(cls, context, host, quiet_for):
        """Return the servers of a host that have a task or are building, untouched for so many seconds."""
        return cls._make(context, db.list_by_host(host, unsettled_only=True, quiet_for=quiet_for))

    @base.remotable_classmethod
    def get_resting(cls, context, host, vm_state):
        """Return the servers of a host (None: on no host) that stand in a state and have no task."""
        return cls._make(context, db.list_resting(host, vm_state))

    @base.remotable_classmethod
    def get_unowned(cls, context, worker_timeout, grace, me, tasks):
        """Return the servers that build or have one of these tasks, and that no other live process than `me` seems to
        drive."""
        return cls._make(context, db.list_unowned(worker_timeout, grace, me, tasks))

    @base.remotable_classmethod
    def create_all(cls, context, drafts, limits=None, group_limit=-1):
        """Write accepted creates with quota and intent in one transaction
        (:func:`mininova.db.create.create_instances`)."""
        return db_create.create_instances(drafts, limits, group_limit)
