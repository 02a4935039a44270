# SPDX-License-Identifier: Apache-2.0
"""What Terraform's provider for OpenStack sends, by way of gophercloud, request by request.

One plan: a key, a server group, a server in it; then each change of the server that the provider can make without
making it anew; then destruction.  Most requests carry no microversion, some of servers carry 2.52 in two headers.
"""
import typing

from tests.functional.clients.rows import ANY

TAGS = '2.52'


class Step(typing.NamedTuple):
    """One request and what must be answered.

    :ivar path: below the endpoint of ``service``; ``$name`` stands for what an earlier step saved
    :ivar want: a part of the answer, see rows.py
    :ivar save: {name: path of keys in the answer}
    :ivar until: repeat the request until it is answered so
    """

    method: str
    path: str
    body: object = None
    status: int = 200
    want: object = None
    version: str | None = None
    save: dict = {}
    until: bool = False
    service: str = 'compute'


def act(**action):
    """Return the request of an action on the server."""
    return Step('POST', '/servers/$server/action', action, 202)


def poll(status):
    """Return the request that is sent again and again until the server is in a status."""
    return Step('GET', '/servers/$server', want={'server': {'status': status}}, until=True)


PLAN = (
    Step('GET', '/v2/images?name=demo', want={'images': [{'name': 'demo'}]}, save={'image': ('images', 0, 'id')},
         service='image'),
    Step('GET', '/flavors/detail?is_public=None', want={'flavors': [{'name': 'm1.tiny'}, {'name': 'm1.small'}]}),
    Step('GET', '/os-networks', want={'networks': [{'label': 'private'}]}, save={'network': ('networks', 0, 'id')}),
    Step('GET', '/os-tenant-networks', want={'networks': [{'label': 'private', 'id': '$network'}]}),
    Step('POST', '/os-keypairs', {'keypair': {'name': 'tf', 'public_key': '$public_key'}}, want={
        'keypair': {'name': 'tf', 'fingerprint': ANY}}),
    Step('GET', '/os-keypairs/tf', want={'keypair': {'name': 'tf', 'public_key': '$public_key'}}),
    Step('POST', '/os-server-groups', {'server_group': {'name': 'tf', 'policies': ['anti-affinity']}}, want={
        'server_group': {'policies': ['anti-affinity']}}, save={'group': ('server_group', 'id')}),
    Step('GET', '/os-availability-zone', want={'availabilityZoneInfo': [{'zoneName': 'nova'}]}),
)

CREATE = (
    Step('POST', '/servers', {
        'server': {'name': 'tf1', 'flavorRef': '1', 'imageRef': '$image', 'key_name': 'tf', 'config_drive': True,
                   'networks': [{'uuid': '$network'}], 'metadata': {'role': 'web'}, 'user_data': 'IyEvYmluL3NoCg==',
                   'availability_zone': 'nova', 'tags': ['red', 'blue'], 'min_count': 1, 'max_count': 1,
                   'block_device_mapping_v2': [{
                       'boot_index': 0, 'delete_on_termination': True, 'destination_type': 'local',
                       'source_type': 'image', 'uuid': '$image'}]},
        'os:scheduler_hints': {'group': '$group'}}, 202, {'server': {'id': ANY, 'adminPass': ANY}}, TAGS,
        {'server': ('server', 'id')}),
    poll('ACTIVE'),
    Step('GET', '/servers/$server', want={'server': {
        'name': 'tf1', 'flavor': {'id': '1'}, 'image': {'id': '$image'}, 'metadata': {'role': 'web'},
        'addresses': {'private': [{'version': 4, 'OS-EXT-IPS-MAC:mac_addr': ANY, 'OS-EXT-IPS:type': 'fixed'}]},
        'key_name': 'tf', 'config_drive': 'True', 'OS-EXT-AZ:availability_zone': 'nova'}}),
    Step('GET', '/servers/$server', version=TAGS, want={'server': {'tags': ['blue', 'red'], 'flavor': {'ram': 512}}}),
    Step('GET', '/flavors/1', want={'flavor': {'name': 'm1.tiny'}}),
    Step('GET', '/servers/$server/os-volume_attachments', want={'volumeAttachments': []}),
    Step('GET', '/servers/$server/os-interface', want={'interfaceAttachments': [{'net_id': '$network'}]}),
    Step('GET', '/os-server-groups/$group', want={'server_group': {'members': ['$server']}}),
)

CHANGE = (
    Step('PUT', '/servers/$server', {'server': {'name': 'tf2'}}, want={'server': {'name': 'tf2'}}),
    Step('DELETE', '/servers/$server/metadata/role', status=204),
    Step('POST', '/servers/$server/metadata', {'metadata': {'color': 'red'}}, want={'metadata': {'color': 'red'}}),
    Step('GET', '/servers/$server/metadata', want={'metadata': {'color': 'red'}}),
    Step('GET', '/servers/$server/tags', want={'tags': ['blue', 'red']}, version=TAGS),
    Step('PUT', '/servers/$server/tags', {'tags': ['green']}, want={'tags': ['green']}, version=TAGS),
    Step('DELETE', '/servers/$server/tags', status=204, version=TAGS),
    Step('PUT', '/servers/$server/tags/one', status=201, version=TAGS),
    Step('DELETE', '/servers/$server/tags/one', status=204, version=TAGS),
    Step('POST', '/servers/$server/os-interface', {'interfaceAttachment': {'net_id': '$network'}}, want={
        'interfaceAttachment': {'net_id': '$network', 'fixed_ips': [{'ip_address': ANY}]}},
        save={'port': ('interfaceAttachment', 'port_id')}),
    Step('GET', '/servers/$server/os-interface/$port', want={'interfaceAttachment': {'port_state': 'ACTIVE'}}),
    Step('DELETE', '/servers/$server/os-interface/$port', status=202),
    Step('GET', '/servers/$server/os-interface/$port', status=404, until=True),
    act(changePassword={'adminPass': 'secret'}),
    poll('ACTIVE'),
    act(resize={'flavorRef': '2'}),
    poll('VERIFY_RESIZE'),
    Step('POST', '/servers/$server/action', {'confirmResize': None}, 204),
    poll('ACTIVE'),
    Step('GET', '/servers/$server', want={'server': {'flavor': {'id': '2'}}}),
    act(**{'os-stop': None}),
    poll('SHUTOFF'),
    act(**{'os-start': None}),
    poll('ACTIVE'),
    act(shelve=None),
    poll('SHELVED_OFFLOADED'),
    act(unshelve=None),
    poll('ACTIVE'),
    act(pause=None),
    poll('PAUSED'),
    act(unpause=None),
    poll('ACTIVE'),
    act(rebuild={'imageRef': '$image', 'name': 'tf2'}),
    poll('ACTIVE'),
)

DESTROY = (
    act(**{'os-stop': None}),
    poll('SHUTOFF'),
    Step('DELETE', '/servers/$server', status=204),
    Step('GET', '/servers/$server', status=404, want={'itemNotFound': {'code': 404}}, until=True),
    Step('DELETE', '/servers/$server', status=404),
    Step('DELETE', '/os-server-groups/$group', status=204),
    Step('GET', '/os-server-groups/$group', status=404),
    Step('DELETE', '/os-keypairs/tf', status=202),
    Step('GET', '/os-keypairs/tf', status=404),
)

TRACE = PLAN + CREATE + CHANGE + DESTROY
