# SPDX-License-Identifier: Apache-2.0
"""What requests to /limits may contain.  Nova: nova/api/openstack/compute/schemas/limits.py."""
from mininova.api import validation
from mininova.api.validation import parameter_types, response_types

index_query = validation.query({'tenant_id': parameter_types.multi_params({'type': 'string'})}, closed='2.75')

# -- answers ------------------------------------------------------------------------------

_ABSOLUTE = ('limits', 'absolute')
_limits = dict.fromkeys((
    'maxTotalRAMSize', 'maxTotalInstances', 'maxTotalCores', 'maxTotalKeypairs', 'maxTotalFloatingIps', 'maxServerMeta',
    'maxImageMeta', 'maxPersonality', 'maxPersonalitySize', 'maxSecurityGroups', 'maxSecurityGroupRules',
    'maxServerGroups', 'maxServerGroupMembers'), response_types.limit)
_used = dict.fromkeys((
    'totalRAMUsed', 'totalCoresUsed', 'totalInstancesUsed', 'totalFloatingIpsUsed', 'totalSecurityGroupsUsed',
    'totalServerGroupsUsed'), response_types.count)

index_response = response_types.one('limits', response_types.closed({
    'rate': response_types.empty_list,       # rates are not limited
    'absolute': response_types.closed({**_limits, **_used})}))
index_response = response_types.extend(index_response, '2.36', drop=[
    'maxTotalFloatingIps', 'maxSecurityGroups', 'maxSecurityGroupRules', 'totalFloatingIpsUsed',
    'totalSecurityGroupsUsed'], at=_ABSOLUTE)
index_response = response_types.extend(index_response, '2.39', drop=['maxImageMeta'], at=_ABSOLUTE)
index_response = response_types.extend(index_response, '2.57', drop=['maxPersonality', 'maxPersonalitySize'],
                                       at=_ABSOLUTE)
