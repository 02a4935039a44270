# SPDX-License-Identifier: Apache-2.0
"""What restore and forceDelete accept.  Nova: nova/api/openstack/compute/schemas/deferred_delete.py."""
from mininova.api import validation


def _bare(name):
    """Return the schema of an action that takes nothing; what clients send all the same is passed over."""
    return validation.body({'type': 'object', 'properties': {name: {}}, 'required': [name],
                            'additionalProperties': False})


restore = _bare('restore')
force_delete = _bare('forceDelete')
