# SPDX-License-Identifier: Apache-2.0
"""What a create needs besides its rows and must not be readable in the database: password and injected files.

nova-api seals them into the request spec, so that a create whose message was lost can be driven again; nova-conductor
unseals them then.  The key is derived from ``[database] connection``, which holds the database's password and is the
same wherever there is a database, and which a copy of the database does not contain.  New here: Nova has no such
record.
"""
import base64
import functools
import json

from cryptography import fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf import hkdf
from oslo_log import log

import mininova.conf

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

_PURPOSE = b'mininova sealed intent 1'


@functools.lru_cache(maxsize=4)
def _cipher(connection):
    key = hkdf.HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive((connection or '').encode())
    return fernet.Fernet(base64.urlsafe_b64encode(key))


def seal(admin_password, injected_files):
    """Return a text that only :func:`unseal` can read.

    :param injected_files: [[path, base64 content], ...]
    """
    document = json.dumps([admin_password, injected_files or []])
    return _cipher(CONF.database.connection).encrypt(document.encode()).decode()


def unseal(text):
    """Return (admin_password, injected_files); (None, []) if the text was sealed under another connection."""
    try:
        password, files = json.loads(_cipher(CONF.database.connection).decrypt(text.encode()))
    except fernet.InvalidToken:
        LOG.warning('The password and files of an accepted create cannot be read: [database] connection differs '
                    'between the services that wrote and read it. The server is built without them.')
        return None, []
    return password, files
