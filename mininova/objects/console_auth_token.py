# SPDX-License-Identifier: Apache-2.0
"""ConsoleAuthToken: the right to open one console of one server.  Nova: nova/objects/console_auth_token.py."""
import hashlib
import time
import urllib.parse

from oslo_utils import uuidutils

from mininova import exception
from mininova.objects import base, fields

db = base.Database('console_auth_tokens')

_STORED = ('console_type', 'host', 'port', 'tls_port', 'internal_access_path', 'instance_uuid', 'compute_host',
           'access_url_base')


def _hash(token):
    return hashlib.sha256(token.encode()).hexdigest()


@base.register
class ConsoleAuthToken(base.NovaObject, base.NovaPersistentObject):
    """``token`` is known to its owner only: what is stored is its hash.

    ``host``, ``port``, ``tls_port`` and ``internal_access_path`` say where a proxy connects; ``compute_host`` is that
    of the server, and a token ends when the server leaves it. ``expires`` is when it ends, in seconds since 1970 by the
    clock of whoever validated it.
    """
    VERSION = '1.0'
    fields = {
        'id': fields.integer(), 'console_type': fields.text(), 'host': fields.text(), 'port': fields.integer(),
        'tls_port': fields.integer(), 'internal_access_path': fields.text(), 'instance_uuid': fields.UUIDField(),
        'compute_host': fields.text(), 'access_url_base': fields.text(), 'token': fields.text(),
        'expires': fields.integer(),
    }

    @property
    def access_url(self):
        """Where the owner of the token finds the console.

        noVNC passes on what its key ``path`` says; one that is configured already gets the token added.
        """
        if self.console_type != 'novnc':
            return f'{self.access_url_base}?token={self.token}'
        parsed = urllib.parse.urlsplit(self.access_url_base)
        query = dict(urllib.parse.parse_qsl(parsed.query))
        query['path'] = f'{query.get("path", "")}?token={self.token}'
        return urllib.parse.urlunsplit(parsed._replace(query=urllib.parse.urlencode(query)))

    @base.remotable
    def authorize(self, ttl):
        """Make the token good for so many seconds and return it; it cannot be read again."""
        self.token = uuidutils.generate_uuid()
        values = {name: getattr(self, name) for name in _STORED if self.obj_attr_is_set(name)}
        db.create({**values, 'token_hash': _hash(self.token)}, ttl)
        self.obj_reset_changes()
        return self.token

    @base.remotable_classmethod
    def validate(cls, context, token):
        """Return what a token gives access to.

        :raises ConsoleTokenNotFound: it is unknown or over, or its server is gone or elsewhere (404)
        """
        row = db.get_valid(_hash(token))
        if row is None:
            raise exception.ConsoleTokenNotFound()
        return cls._from_row(context, row, expires=int(time.time() + row['seconds_left']))

    @base.remotable_classmethod
    def clean_console_auths_for_instance(cls, context, instance_uuid):
        """End all tokens of a server."""
        db.delete_of_instance(instance_uuid)

    @base.remotable_classmethod
    def clean_expired_console_auths(cls, context):
        """Forget the tokens that are over."""
        return db.delete_expired()
