# SPDX-License-Identifier: Apache-2.0
"""What queries of /os-simple-tenant-usage may contain.

Nova: nova/api/openstack/compute/schemas/simple_tenant_usage.py.
"""
from mininova.api import validation
from mininova.api.validation import parameter_types

_text = parameter_types.multi_params({'type': 'string'})


def _query(*names):
    found = validation.query(dict.fromkeys(names, _text), closed='2.75')
    return validation.extend(found, '2.40', parameter_types.pagination_parameters, at=())


index_query = _query('start', 'end', 'detailed')
show_query = _query('start', 'end')
