# SPDX-License-Identifier: Apache-2.0
"""From an exception to what the owner of a server may read and what the administrator sees.

Only texts that are marked safe reach users; of anything else they see the name of the class (CVE-2019-14433 came from
passing on more).  Nova: compute_utils.add_instance_fault_from_exc.
"""
import traceback

from oslo_utils import strutils

from mininova import exception

MESSAGE_LIMIT = 2000


def tell_attempts(attempts):
    """Name every host that did not take a server: 'Tried: cmp1 (reason), cmp2 (...).'"""
    return 'Tried: ' + ', '.join(f'{one["host"]} ({one["reason"]})' for one in attempts) + '.' if attempts else ''


def user_message(error):
    """Return one sentence that any user may see."""
    if isinstance(error, exception.NovaException) and error.safe:
        return error.format_message()
    return _class_name(error)


def _class_name(error):
    """Return the name of an exception's class; oslo.messaging appends to that of one raised in another service."""
    return type(error).__name__.removesuffix('_Remote')


def admin_message(error):
    """Return the text of an exception with passwords masked."""
    return strutils.mask_password(f'{_class_name(error)}: {error}')


def details(error):
    """Return the traceback with passwords masked."""
    return strutils.mask_password(''.join(traceback.format_exception(error)))


def describe(error, host):
    """Return the columns of a fault: code, message (at most 2000 characters), details, host."""
    code = error.code if isinstance(error, exception.NovaException) else 500
    if isinstance(error, exception.NoValidHost):
        code = 500  # as Nova shows it: the request was fine, the cloud is full
    message = user_message(error)
    text = details(error)
    if len(message) > MESSAGE_LIMIT:
        text = f'{message}\n{text}'
        message = message[:MESSAGE_LIMIT - 1] + '…'
    return {'code': code, 'message': message, 'details': text, 'host': host}
