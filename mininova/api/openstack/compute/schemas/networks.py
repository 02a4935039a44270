# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-networks may contain; the removed ones take anything before they answer that they are gone."""
from mininova.api import validation

index_query = show_query = validation.query({})
removed = {}
