# SPDX-License-Identifier: Apache-2.0
"""The lab's networks in Neutron's words, for Tempest: half of its compute tests only ask which network a server gets.

Reads, never changes: networks and their subnets from /os-networks, ports from the interfaces of servers.  Whatever else
Neutron has is 404, and the tests that need it are in excluded-without-neutron.txt.

    network.py PORT         credentials from the environment, as for the openstack client
"""
import http.server
import json
import sys
import urllib.parse

import openstack

NOVA_NETWORKS = '2.35'      # the last version with /os-networks


class Networks:
    """What there is, read anew at each question."""

    def __init__(self, compute):
        self._compute = compute

    def networks(self):
        return [{'id': network['id'], 'name': network['label'], 'status': 'ACTIVE', 'admin_state_up': True,
                 'shared': True, 'router:external': False, 'subnets': [network['id']],
                 'project_id': network['project_id'] or '', 'tenant_id': network['project_id'] or ''}
                for network in self._ask('/os-networks', 'networks')]

    def subnets(self):
        return [{'id': network['id'], 'network_id': network['id'], 'name': network['label'], 'ip_version': 4,
                 'cidr': network['cidr'], 'gateway_ip': network['gateway'], 'enable_dhcp': True}
                for network in self._ask('/os-networks', 'networks')]

    def ports(self):
        return [{'id': port['port_id'], 'network_id': port['net_id'], 'mac_address': port['mac_addr'],
                 'fixed_ips': port['fixed_ips'], 'status': port['port_state'], 'device_id': server['id']}
                for server in self._ask('/servers?all_tenants=1', 'servers')
                for port in self._ask(f'/servers/{server["id"]}/os-interface', 'interfaceAttachments')]

    def security_groups(self):
        return []

    def extensions(self):
        return []

    def _ask(self, path, key):
        answer = self._compute.get(path, microversion=NOVA_NETWORKS)
        return answer.json()[key] if answer.ok else []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        kind, _, wanted = url.path.removeprefix('/v2.0/').partition('/')
        read = getattr(self.server.networks, kind.replace('-', '_'), None)
        if read is None or kind.startswith('_'):
            return self._absent()
        if not wanted:
            filters = urllib.parse.parse_qsl(url.query)
            return self._answer(200, {kind.replace('-', '_'): [
                one for one in read() if all(str(one.get(key, value)) == value for key, value in filters)]})
        for one in read():
            if one['id'] == wanted:
                return self._answer(200, {kind.removesuffix('s').replace('-', '_'): one})
        return self._absent()

    def _absent(self):
        self.rfile.read(int(self.headers.get('Content-Length', 0)))
        self._answer(404, {'NeutronError': {'type': 'NotFound', 'message': 'there is no Neutron here', 'detail': ''}})

    do_POST = do_PUT = do_DELETE = _absent

    def _answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler)
    server.networks = Networks(openstack.connect().compute)
    server.serve_forever()


if __name__ == '__main__':
    main()
