# SPDX-License-Identifier: Apache-2.0
"""What requests to /os-networks and /os-tenant-networks may contain, and what they are answered.

The removed ones take anything before they answer that they are gone.
"""
from mininova.api import validation
from mininova.api.validation import response_types

index_query = show_query = validation.query({})
removed = {}

# -- answers ------------------------------------------------------------------------------

_ipv4, _ipv6, _cidr = ({'type': 'string', 'format': name} for name in ('ipv4', 'ipv6', 'cidr'))
_id = {'id': response_types.uuid, 'label': response_types.string}
_text, _number = response_types.nullable(response_types.string), response_types.nullable(response_types.integer)
_user = {
    **_id,
    **dict.fromkeys(('cidr', 'cidr_v6'), response_types.nullable(_cidr)),
    **dict.fromkeys(('gateway', 'netmask', 'broadcast'), response_types.nullable(_ipv4)),
    'gateway_v6': response_types.nullable(_ipv6),
    'netmask_v6': response_types.nullable({'type': 'string', 'pattern': r'^[0-9]{1,3}\Z'}),
    **dict.fromkeys(('dns1', 'dns2'), response_types.nullable({'type': 'string', 'format': 'ip'})),
}
_administrator = {
    **_user,
    **dict.fromkeys(('injected', 'multi_host', 'enable_dhcp'), response_types.boolean),
    **dict.fromkeys(('bridge', 'bridge_interface', 'project_id', 'host'), _text),
    **dict.fromkeys(('vlan', 'priority', 'mtu'), _number),
    'dhcp_start': response_types.nullable({'type': 'string', 'format': 'ip'}),
    # What nova-network had and our networks do not.
    **dict.fromkeys(('vpn_public_address', 'vpn_public_port', 'vpn_private_address', 'rxtx_base', 'dhcp_server'),
                    response_types.null),
    'share_address': {'const': False},
    **dict.fromkeys(('created_at', 'updated_at'), response_types.nullable(response_types.plain_time)),
    **response_types.not_deleted,
}
_shown = {'oneOf': [response_types.closed(_user), response_types.closed(_administrator)]}

index_response = response_types.many('networks', _shown, paged=False)
show_response = response_types.one('network', _shown)

# As a project's user sees them below /os-tenant-networks; without addresses the text says None.
_brief = response_types.closed({**_id, 'cidr': {'oneOf': [{'const': 'None'}, _cidr]}})

tenant_index_response = response_types.many('networks', _brief, paged=False)
tenant_show_response = response_types.one('network', _brief)
