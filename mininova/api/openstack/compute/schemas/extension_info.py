# SPDX-License-Identifier: Apache-2.0
"""What may be sent to /extensions: nothing.  Nova: nova/api/openstack/compute/schemas/extension_info.py."""
from mininova.api import validation

index_query = show_query = validation.query({})
