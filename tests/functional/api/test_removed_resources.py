# SPDX-License-Identifier: Apache-2.0
"""What clients of older releases may still ask for answers 410 at every microversion."""
import pytest

GONE = """
GET /os-agents
POST /os-agents
PUT /os-agents/1
DELETE /os-agents/1
GET /os-cells
POST /os-cells
GET /os-cells/capacities
GET /os-cells/detail
GET /os-cells/info
POST /os-cells/sync_instances
GET /os-cells/1
PUT /os-cells/1
DELETE /os-cells/1
GET /os-cells/1/capacities
POST /os-certificates
GET /os-certificates/root
GET /os-cloudpipe
POST /os-cloudpipe
PUT /os-cloudpipe/configure-project
GET /os-fixed-ips/10.0.0.1
GET /os-floating-ip-dns
PUT /os-floating-ip-dns/domain
DELETE /os-floating-ip-dns/domain
GET /os-floating-ip-dns/domain/entries/name
PUT /os-floating-ip-dns/domain/entries/name
DELETE /os-floating-ip-dns/domain/entries/name
GET /os-floating-ips-bulk
POST /os-floating-ips-bulk
GET /os-floating-ips-bulk/h1
PUT /os-floating-ips-bulk/delete
GET /os-fping
GET /os-fping/1
GET /os-security-group-default-rules
POST /os-security-group-default-rules
GET /os-security-group-default-rules/1
DELETE /os-security-group-default-rules/1
"""


@pytest.mark.parametrize('version', ['2.1', '2.35', '2.104'])
@pytest.mark.parametrize('line', GONE.split('\n')[1:-1])
def test_it_is_gone(api, line, version):
    method, path = line.split()
    body = {} if method in ('POST', 'PUT') else None
    for client in (api, api.user('demo')):
        answer = client.request(method, path, body, version)
        assert (answer.status, *answer.json) == (410, 'computeFault')


@pytest.mark.parametrize('action', ['reserve', 'unreserve'])
def test_actions_on_fixed_addresses_are_gone(api, action):
    answer = api.post('/os-fixed-ips/10.0.0.1/action', {action: None})
    assert (answer.status, *answer.json) == (410, 'computeFault')
    assert api.post('/os-fixed-ips/10.0.0.1/action', {'explode': None}).status == 400


@pytest.mark.parametrize('line', ['PUT /os-cells', 'GET /os-agents/1', 'DELETE /os-fping/1', 'GET /os-certificates'])
def test_what_never_was_is_not_found(api, line):
    method, path = line.split()
    assert api.request(method, path, {} if method == 'PUT' else None).status == 404
