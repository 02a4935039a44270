# SPDX-License-Identifier: Apache-2.0
"""Flavor: the size of a server.  Nova: nova/objects/flavor.py."""
from mininova import exception
from mininova.objects import base, fields

db = base.Database('flavors')


@base.register
class Flavor(base.NovaObject, base.NovaPersistentObject):
    """``memory_mb`` and ``swap`` in MiB, ``root_gb`` and ``ephemeral_gb`` in GiB; ``flavorid`` is the API's id."""
    VERSION = '1.0'
    fields = {
        'id': fields.integer(), 'flavorid': fields.text(), 'name': fields.text(), 'memory_mb': fields.IntegerField(),
        'vcpus': fields.IntegerField(), 'root_gb': fields.IntegerField(default=0),
        'ephemeral_gb': fields.IntegerField(default=0),
        'swap': fields.IntegerField(default=0), 'rxtx_factor': fields.FloatField(nullable=True, default=1.0),
        'vcpu_weight': fields.integer(), 'disabled': fields.BooleanField(default=False),
        'is_public': fields.BooleanField(default=True),
        'extra_specs': fields.DictOfStringsField(default={}), 'projects': fields.ListOfStringsField(default=[]),
        'description': fields.text(),
    }

    EMBEDDED = ('id', 'flavorid', 'name', 'memory_mb', 'vcpus', 'root_gb', 'ephemeral_gb', 'swap', 'rxtx_factor',
                'vcpu_weight', 'disabled', 'is_public', 'extra_specs', 'description')

    def to_embedded(self):
        """Return the plain dictionary that is stored with each server."""
        return {name: getattr(self, name) for name in self.EMBEDDED if self.obj_attr_is_set(name)}

    @classmethod
    def from_embedded(cls, context, values):
        return cls._from_row(context, values, **({} if 'projects' in values else {'projects': []}))

    @classmethod
    def _load(cls, context, row, name, value):
        if row is None:
            raise exception.FlavorNotFound(**{name: value})
        return cls._from_row(context, row)

    @base.remotable_classmethod
    def get_by_flavor_id(cls, context, flavorid):
        """Return the flavor with the API's id.

        :raises FlavorNotFound: unknown, or private and not the caller's project's (404)
        """
        return cls._load(context, db.get(flavorid=str(flavorid), project_id=_restriction(context)), 'flavor_id',
                         flavorid)

    @staticmethod
    def get_row(context, flavorid, wanted=('extra_specs', 'projects')):
        """Return the same as a plain dictionary, for the API.

        :param wanted: what to read besides the plain fields
        """
        row = db.get(flavorid=flavorid, project_id=_restriction(context), wanted=wanted)
        if row is None:
            raise exception.FlavorNotFound(flavor_id=flavorid)
        return row

    @base.remotable_classmethod
    def get_by_id(cls, context, id_):
        return cls._load(context, db.get(id_=id_), 'flavor_id', id_)

    @base.remotable_classmethod
    def get_by_name(cls, context, name):
        row = db.get(name=name, project_id=_restriction(context))
        if row is None:
            raise exception.FlavorNotFoundByName(flavor_name=name)
        return cls._from_row(context, row)

    @base.remotable
    def create(self):
        """Store a new flavor.

        :raises FlavorExists, FlavorIdExists: name or id is taken (409)
        """
        values = self.obj_changes_plain()
        extra_specs, projects = values.pop('extra_specs', {}), values.pop('projects', [])
        row = db.create(values, extra_specs, projects)
        self._refill(row)

    @base.remotable
    def save(self):
        """Write the description; nothing else of a flavor may change."""
        changes = self.obj_changes_plain()
        if set(changes) - {'description'}:
            raise exception.ObjectActionError(action='save', reason='only the description of a flavor can change')
        self._refill(db.update(self.id, changes))

    @base.remotable
    def destroy(self):
        if not db.destroy(self.id):
            raise exception.FlavorNotFound(flavor_id=self.id)

    @base.remotable
    def add_access(self, project_id):
        """Let a project use a private flavor.

        :raises FlavorAccessExists: it may already (409)
        """
        if not db.add_access(self.id, project_id):
            raise exception.FlavorAccessExists(flavor_id=self.flavorid, project_id=project_id)

    @base.remotable
    def remove_access(self, project_id):
        if not db.remove_access(self.id, project_id):
            raise exception.FlavorAccessNotFound(flavor_id=self.flavorid, project_id=project_id)

    @base.remotable
    def set_extra_specs(self, specs):
        """Add or change extra specs; others stay."""
        db.set_extra_specs(self.id, specs)

    @base.remotable
    def delete_extra_spec(self, key):
        if not db.delete_extra_spec(self.id, key):
            raise exception.FlavorExtraSpecsNotFound(flavor_id=self.flavorid, extra_specs_key=key)

    def _refill(self, row):
        for name in self.fields:
            if name in row:
                setattr(self, name, row[name])
        self.obj_reset_changes()


def _restriction(context):
    """Return the project whose private flavors are visible, or None for all."""
    return None if context.is_admin else (context.project_id or '')


@base.register
class FlavorList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('Flavor')}

    @base.remotable_classmethod
    def get_all(cls, context, filters=None, sort_key='flavorid', sort_dir='asc', limit=None, marker=None):
        """Return flavors visible to the caller.

        :param filters: see :func:`mininova.db.flavors.list_all`
        :param marker: flavorid of the last one seen
        :raises MarkerNotFound: (400)
        """
        return cls._from_rows(context, Flavor, cls.get_rows(context, filters, sort_key, sort_dir, limit, marker))

    @staticmethod
    def get_rows(context, filters=None, sort_key='flavorid', sort_dir='asc', limit=None, marker=None,
                 wanted=('extra_specs', 'projects')):
        """Return the same as plain dictionaries, for the lists of the API.

        :param wanted: what to read besides the plain fields
        """
        rows = db.list_all(filters or {}, _restriction(context), sort_key, sort_dir, limit, marker, wanted)
        if rows is None:
            raise exception.MarkerNotFound(marker=marker)
        return rows
