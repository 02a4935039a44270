# SPDX-License-Identifier: Apache-2.0
"""Everything that can go wrong, as one tree.  Nova: nova/exception.py.

::

    NovaException 500
    +-- Invalid 400            what the caller sent cannot be done as asked
    +-- Forbidden 403          the caller may not; QuotaError: may not have more
    +-- NotFound 404           it is not there, or not the caller's
    +-- Conflict 409           it is there, but in the wrong state
    +-- Gone 410               it was there in older releases
    +-- NotSupported 501       this driver or service cannot
    +-- ServiceUnavailable 503 something we depend on is away

``code`` is the HTTP status; ``mininova/api/openstack/fault.py`` is the only place that turns it
into a fault.  ``safe`` says that the text may be shown to any user.
"""
from oslo_utils import excutils  # noqa: F401  (re-exported: exception.excutils.save_and_reraise_exception)

from mininova.exception.base import *  # noqa: F403
from mininova.exception.conflict import *  # noqa: F403
from mininova.exception.console import *  # noqa: F403
from mininova.exception.forbidden import *  # noqa: F403
from mininova.exception.hardware import *  # noqa: F403
from mininova.exception.internal import *  # noqa: F403
from mininova.exception.invalid import *  # noqa: F403
from mininova.exception.not_found import *  # noqa: F403
from mininova.exception.pci import *  # noqa: F403

# Wherever they stand, they are mininova.exception.<Name>: over RPC, in logs and in faults.
for _class in [_value for _value in vars().values() if isinstance(_value, type)]:
    _class.__module__ = __name__
