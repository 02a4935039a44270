# SPDX-License-Identifier: Apache-2.0
"""NovaObject: versioned records that travel between services.  Nova: nova/objects/base.py.

Where a process may open the database (nova-api, nova-conductor, nova-scheduler) methods run in place.
In nova-compute and nova-network ``NovaObject.indirection_api`` is set (cmd/compute.py), and a method
marked ``@remotable`` runs in nova-conductor instead.  Two deviations from Nova keep that cheap:

* the object is sent *sparse*: only what identifies it (``OBJ_IDENTITY``) and what was changed;
* no attribute access ever does I/O: a field that was not loaded raises ObjectActionError.

Version shims (``obj_make_compatible``) belong into the class concerned, once there is a second release.
"""
import functools
import importlib
import sys

from oslo_versionedobjects import base
from oslo_versionedobjects import fields as ovo_fields

from mininova import exception


class Database:
    """A module of mininova.db, imported at its first use: never, in a service that has no database.

    ::

        db = base.Database('instances')
    """

    def __init__(self, name):
        self._name, self._module = f'mininova.db.{name}', None

    def __getattr__(self, attribute):
        if self._module is None:
            self._module = importlib.import_module(self._name)
        return getattr(self._module, attribute)


class NovaObjectRegistry(base.VersionedObjectRegistry):
    """Knows every object class; the class is also offered as ``mininova.objects.<Name>``."""

    def registration_hook(self, cls, index):
        setattr(sys.modules['mininova.objects'], cls.obj_name(), cls)


register = NovaObjectRegistry.register


def remotable(method):
    """Mark a method that needs the database: it runs in conductor when this process has none."""
    @functools.wraps(method)
    def wrapper(self, *args, **kwargs):
        if self.indirection_api is None:
            return method(self, *args, **kwargs)
        if self._context is None:
            raise exception.ObjectActionError(action=method.__name__, reason='the object has no context')
        updates, result = self.indirection_api.object_action(
            self._context, self.obj_sparse(), method.__name__, args, kwargs)
        self.obj_apply(updates)
        return result
    wrapper.remotable = True
    wrapper.original_fn = method
    return wrapper


@functools.cache
def _manifest(name):
    """Return {object: version} of a class and all it contains; asked with each remote call, so kept."""
    return base.obj_tree_get_versions(name)


def remotable_classmethod(method):
    """Mark a class method that needs the database: it runs in conductor when this process has none."""
    @functools.wraps(method)
    def wrapper(cls, context, *args, **kwargs):
        if cls.indirection_api is None:
            return method(cls, context, *args, **kwargs)
        return cls.indirection_api.object_class_action_versions(
            context, cls.obj_name(), method.__name__, _manifest(cls.obj_name()), args, kwargs)
    wrapper.remotable = True
    wrapper.original_fn = method
    return classmethod(wrapper)


class NovaObject(base.VersionedObject):
    """Base of all objects."""

    OBJ_SERIAL_NAMESPACE = 'nova_object'
    OBJ_PROJECT_NAMESPACE = 'nova'
    OBJ_IDENTITY = ('id', 'uuid')
    indirection_api = None

    def obj_load_attr(self, attrname):
        raise exception.ObjectActionError(
            action='obj_load_attr', reason=f'{attrname} of {self.obj_name()} was not loaded; ask for it by name')

    def obj_attr_is_set(self, attrname):
        """Tell whether a field has a value; asked hundreds of times for one save, so without the library's lists."""
        if attrname not in self.fields:
            raise AttributeError(f"{self.obj_name()} object has no attribute '{attrname}'")
        return base._get_attrname(attrname) in self.__dict__

    def obj_sparse(self):
        """Return a copy with nothing but the identity and the changes: what a remote method needs."""
        sparse = type(self)(self._context)
        changed = self.obj_what_changed()
        for name in (*(name for name in self.OBJ_IDENTITY if name in self.fields), *changed):
            if self.obj_attr_is_set(name):
                attribute = base._get_attrname(name)
                setattr(sparse, attribute, getattr(self, attribute))
        sparse._changed_fields = set(changed)
        return sparse

    def obj_apply(self, updates):
        """Take over what a remote method changed."""
        for name, value in updates.items():
            field = self.fields[name]
            setattr(self, base._get_attrname(name), field.from_primitive(self, name, value))
        self.obj_reset_changes()

    def obj_snapshot(self):
        """Return the set attributes as they are now, for :meth:`obj_updates_since`."""
        return {name: getattr(self, base._get_attrname(name)) for name in self.fields if self.obj_attr_is_set(name)}

    def obj_updates_since(self, snapshot):
        """Return {field: primitive} of attributes that a method set to other values."""
        updates = {}
        for name, field in self.fields.items():
            if self.obj_attr_is_set(name):
                value = getattr(self, base._get_attrname(name))
                if name not in snapshot or snapshot[name] is not value:
                    updates[name] = field.to_primitive(self, name, value)
        return updates

    @classmethod
    def _from_row(cls, context, row, **extra):
        """Build an object from a database row; fields the row lacks stay unset."""
        self = cls(context)
        for name, field in cls.fields.items():
            if name in extra:
                value = extra[name]
            elif name in row:
                value = row[name]
            else:
                continue
            setattr(self, base._get_attrname(name), field.coerce(self, name, value))
        return self

    def obj_changes_plain(self):
        """Return the changed fields as plain column values."""
        return {name: getattr(self, name) for name in self.obj_what_changed()}


class NovaPersistentObject:
    """When a record was made and last written, UTC."""
    fields = {
        'created_at': ovo_fields.DateTimeField(nullable=True, tzinfo_aware=False),
        'updated_at': ovo_fields.DateTimeField(nullable=True, tzinfo_aware=False),
    }


class ObjectListBase(base.ObjectListBase):
    """A list of objects of one class."""

    @classmethod
    def _from_rows(cls, context, item_class, rows):
        self = cls(context)
        self.objects = [item_class._from_row(context, row) for row in rows]
        self.obj_reset_changes()
        return self


class NovaObjectSerializer(base.VersionedObjectSerializer):
    """Turns objects into primitives and back at the edge of RPC."""
    OBJ_BASE_CLASS = NovaObject


def obj_to_primitive(obj):
    """Return an object as plain dictionaries and lists, for views and notifications."""
    if isinstance(obj, base.ObjectListBase):
        return [obj_to_primitive(item) for item in obj]
    if isinstance(obj, NovaObject):
        return {name: obj_to_primitive(getattr(obj, name)) for name in obj.fields if obj.obj_attr_is_set(name)}
    return obj
