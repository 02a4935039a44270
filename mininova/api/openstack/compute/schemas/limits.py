# SPDX-License-Identifier: Apache-2.0
"""What requests to /limits may contain.  Nova: nova/api/openstack/compute/schemas/limits.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types

index_query = validation.query({'tenant_id': parameter_types.multi_params({'type': 'string'})}, closed='2.75')
