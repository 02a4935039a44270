# SPDX-License-Identifier: Apache-2.0
"""What several packages need and no library has.  Nova: nova/utils.py."""
import os
import secrets
import string
import tempfile
import unicodedata

import netaddr
from oslo_log import log

import mininova.conf
from mininova import concurrency

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

# Letters and digits that are not mistaken for each other when read aloud.
PASSWORD_SYMBOLS = ''.join(set(string.ascii_letters + string.digits) - set('0O1lI'))


def generate_password(length=None):
    """Return a random password with a lower and an upper case letter and a digit."""
    length = length or CONF.password_length
    while True:
        password = ''.join(secrets.choice(PASSWORD_SYMBOLS) for _ in range(length))
        if all(any(test(c) for c in password) for test in (str.islower, str.isupper, str.isdigit)):
            return password


def generate_uid(prefix, size=8):
    """Return e.g. 'r-4kd82hs1', the form of reservation ids."""
    symbols = string.ascii_lowercase + string.digits
    return f'{prefix}-' + ''.join(secrets.choice(symbols) for _ in range(size))


def sanitize_hostname(name, default=None):
    """Make a display name fit to be a host name (RFC 1123: letters, digits, hyphens, at most 63).

    A dot becomes a hyphen, too, as in Nova since Wallaby: the name of a server gives it no domain.

    :param default: used when nothing of the name is left
    """
    plain = unicodedata.normalize('NFKD', name or '').encode('latin-1', 'ignore').decode('latin-1')
    kept = []
    for character in plain.lower():
        if character in ' _.':
            kept.append('-')
        elif character in string.ascii_lowercase + string.digits + '-':
            kept.append(character)
    host = ''.join(kept).strip('-')[:63].rstrip('-')
    return host or default


def canonical_ip(address):
    """Return an IP address in the form in which it is stored, 39 characters at most; nothing stays nothing."""
    return str(netaddr.IPAddress(address)) if address else address


def wait_until(ready, what, spacing=1.0):
    """Wait until `ready()` is true and does not raise; the first failure and then each minute is logged.

    :param what: named in the log, e.g. 'the message bus at 127.0.0.1:5672'
    """
    tries = 0
    while True:
        try:
            if ready():
                if tries:
                    LOG.info('Reached %s after %s tries.', what, tries + 1)
                return
        except Exception as error:
            if tries % 60 == 0:
                LOG.warning('Waiting for %s: %s: %s', what, type(error).__name__, error)
        tries += 1
        concurrency.sleep(spacing)


def write_file_atomically(path, content, mode=0o600):
    """Replace a file so that a crash leaves the old or the new content, never a part."""
    directory = os.path.dirname(path)
    os.makedirs(directory, mode=0o700, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=directory, prefix='.' + os.path.basename(path))
    try:
        with os.fdopen(handle, 'wb') as stream:
            stream.write(content if isinstance(content, bytes) else content.encode())
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
