# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-availability-zone may contain: nothing."""
from mininova.api import validation

index_query = detail_query = validation.query({})
