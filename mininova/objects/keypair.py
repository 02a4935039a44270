# SPDX-License-Identifier: Apache-2.0
"""KeyPair: a user's public key.  Nova: nova/objects/keypair.py."""
from mininova import exception
from mininova.objects import base, fields

db = base.Database('keypairs')


@base.register
class KeyPair(base.NovaObject, base.NovaPersistentObject):
    VERSION = '1.0'
    fields = {'id': fields.integer(), 'name': fields.text(nullable=False), 'user_id': fields.text(),
              'fingerprint': fields.text(),
              'public_key': fields.text(), 'type': fields.text()}

    @base.remotable_classmethod
    def get_by_name(cls, context, user_id, name):
        """Return a user's key pair.

        :raises KeypairNotFound: (404)
        """
        row = db.get(user_id, name)
        if row is None:
            raise exception.KeypairNotFound(user_id=user_id, name=name)
        return cls._from_row(context, row)

    @base.remotable
    def create(self, limit=-1):
        """Store the key pair if the user has fewer than `limit`.

        :raises KeyPairExists: the name is taken (409)
        :raises KeypairLimitExceeded: (403)
        """
        row = db.create(self.obj_changes_plain(), limit)
        for name in self.fields:
            setattr(self, name, row[name])
        self.obj_reset_changes()

    @base.remotable_classmethod
    def destroy_by_name(cls, context, user_id, name):
        if not db.destroy(user_id, name):
            raise exception.KeypairNotFound(user_id=user_id, name=name)


@base.register
class KeyPairList(base.ObjectListBase, base.NovaObject):
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('KeyPair')}

    @base.remotable_classmethod
    def get_by_user(cls, context, user_id, limit=None, marker=None):
        """Return a user's key pairs by name; `marker` is the last name seen.

        :raises MarkerNotFound: (400)
        """
        return cls._from_rows(context, KeyPair, cls.get_rows(context, user_id, limit, marker))

    @staticmethod
    def get_rows(context, user_id, limit=None, marker=None):
        """Return the same as plain mappings, for the lists of the API."""
        rows = db.list_by_user(user_id, limit, marker)
        if rows is None:
            raise exception.MarkerNotFound(marker=marker)
        return rows
