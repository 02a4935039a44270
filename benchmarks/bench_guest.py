# SPDX-License-Identifier: Apache-2.0
"""A real guest, from POST until its console says ready: source devstack/openrc demo; python -m benchmarks.bench_guest

Needs a lab made by devstack/stack.sh.  Floor: the guest's own uptime when it says "mini-guest: ready", which is what
its kernel and its start-up need under this CPU emulation, whoever starts it.
"""
import os
import re
import sys
import time

import requests

from benchmarks import common

READY = re.compile(r'mini-guest: ready uptime=([\d.]+)')
BUDGET = 2.0


class LabClient:
    """The compute API of a lab, by the variables of openrc."""

    def __init__(self):
        self.session = requests.Session()
        self.session.trust_env = False
        answer = self.session.post(f'{os.environ["OS_AUTH_URL"]}/auth/tokens', timeout=30, json={'auth': {
            'identity': {'methods': ['password'], 'password': {'user': {
                'name': os.environ['OS_USERNAME'], 'domain': {'name': 'Default'},
                'password': os.environ['OS_PASSWORD']}}},
            'scope': {'project': {'name': os.environ['OS_PROJECT_NAME'], 'domain': {'name': 'Default'}}}}})
        answer.raise_for_status()
        self.session.headers.update({'X-Auth-Token': answer.headers['X-Subject-Token'],
                                     'OpenStack-API-Version': 'compute 2.96'})
        self.compute, self.image = (
            next(endpoint['url'] for service in answer.json()['token']['catalog'] if service['type'] == kind
                 for endpoint in service['endpoints'] if endpoint['interface'] == 'public')
            for kind in ('compute', 'image'))

    def call(self, method, path, body=None, base=None):
        answer = self.session.request(method, (base or self.compute) + path, json=body, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def find_image(self, name):
        return next(image['id'] for image in self.call('GET', '/v2/images', base=self.image)['images']
                    if image['name'] == name)

    def find_flavor(self, name):
        return next(flavor['id'] for flavor in self.call('GET', '/flavors')['flavors'] if flavor['name'] == name)


def boot(client, image, flavor, seconds):
    """Return (seconds until ACTIVE, seconds until ready, the guest's uptime then)."""
    began = time.monotonic()
    server = client.call('POST', '/servers', {'server': {'name': 'bench', 'imageRef': image, 'flavorRef': flavor,
                                                         'networks': 'auto'}})['server']['id']
    active = None
    try:
        while time.monotonic() - began < seconds:
            time.sleep(0.1)
            if active is None:
                status = client.call('GET', f'/servers/{server}')['server']['status']
                if status == 'ERROR':
                    raise SystemExit('The server went to ERROR.')
                if status != 'ACTIVE':
                    continue
                active = time.monotonic() - began
            output = client.call('POST', f'/servers/{server}/action', {'os-getConsoleOutput': {}})['output']
            found = READY.search(output)
            if found:
                return active, time.monotonic() - began, float(found.group(1))
        raise SystemExit(f'The guest was not ready after {seconds} s.')
    finally:
        client.call('DELETE', f'/servers/{server}')


def main():
    options = common.arguments(__doc__, (('--rounds',), {'type': int, 'default': 3}),
                               (('--image',), {'default': 'mini-guest'}), (('--flavor',), {'default': 'm1.tiny'}),
                               (('--seconds',), {'type': float, 'default': 120, 'help': 'give up after'}))
    if not os.environ.get('OS_AUTH_URL'):
        print('bench_guest: no lab is named; run devstack/stack.sh, then: source devstack/openrc demo', file=sys.stderr)
        return 2
    common.machine()
    client = LabClient()
    image, flavor = client.find_image(options.image), client.find_flavor(options.flavor)
    rounds = [boot(client, image, flavor, options.seconds) for _ in range(1 if options.quick else options.rounds)]
    least = common.statistics.median(uptime for _, _, uptime in rounds)
    common.show('POST to ACTIVE, real guest', [active for active, _, _ in rounds], 's', least)
    within = common.show('POST to ready on the console', [ready for _, ready, _ in rounds], 's', least, least + BUDGET)
    common.machine()
    return 0 if within else 1


if __name__ == '__main__':
    sys.exit(main())
