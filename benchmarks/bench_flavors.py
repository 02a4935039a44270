# SPDX-License-Identifier: Apache-2.0
"""GET /flavors/detail by 8 connections: python -m benchmarks.bench_flavors

nova-api with two workers, five flavors, MariaDB; first with the keystone pipeline and one token (of a small pretended
Keystone that is asked once; then keystonemiddleware's cache answers), then with noauth2.  Floor: eventlet's WSGI server
in two processes that answers each request with a constant of the same size, asked by the same client.
"""
import os
import statistics
import sys

from benchmarks import common, load
from tests.fixtures import processes
from tests.functional.api_machinery import fake_keystone

HEADERS = {'Accept': 'application/json', 'OpenStack-API-Version': 'compute 2.96'}


def keystone(lab, url):
    """Point the API to an identity service."""
    lab.configure('api', auth_strategy='keystone')
    lab.configure('keystone_authtoken', auth_type='password', auth_url=url, www_authenticate_uri=url, username='nova',
                  password='x', project_name='service', user_domain_id='default', project_domain_id='default',
                  interface='public', token_cache_time=300)


def floor(size, options):
    port = processes.free_port()
    with common.child('floor_hello', str(port), str(size), '2'):
        return measure(port, '/', options)[0]


def measure(port, path, options, token='none'):
    rounds = [load.rate(port, path, {**HEADERS, 'X-Auth-Token': token}, options.connections, options.seconds)
              for _ in range(options.rounds)]
    return statistics.median(one for one, _ in rounds), rounds[0][1]


def restart(lab):
    """Write nova.conf anew and start the API with it."""
    lab.conf_file()
    lab.restart('nova-api')
    processes.wait_for(lambda: processes.listens(lab.api_port), 'API')


def main():
    options = common.arguments(__doc__, (('--connections',), {'type': int, 'default': 8}),
                               (('--seconds',), {'type': float, 'default': 4}),
                               (('--rounds',), {'type': int, 'default': 3}))
    if options.quick:
        options.seconds, options.rounds = 0.5, 1
    common.machine()
    with common.cloud() as lab, fake_keystone.running({'t' * 180: ('u', 'p', ['admin', 'member'])}) as (url, asked):
        lab.start('nova-api')
        for number in range(5):
            lab.make_flavor(f'm1.{number}', 512 * (number + 1), flavor_id=str(number + 1))
        plain, size = measure(lab.api_port, '/v2.1/flavors/detail', options, 'admin:admin')
        lab.service('nova-api').stop()
        keystone(lab, url)
        restart(lab)
        with_token, _ = measure(lab.api_port, '/v2.1/flavors/detail', options, 't' * 180)
        lab.service('nova-api').stop()
        least = floor(size, options)
        print(f'{size} bytes; Keystone was asked {len(asked)} times; all on {os.cpu_count()} cores, with the client')
        within = common.show('GET /flavors/detail, keystone', with_token, 'req/s', least, 2000, more_is_better=True)
        common.show('GET /flavors/detail, noauth2', plain, 'req/s', least, more_is_better=True)
    common.machine()
    return 0 if within else 1


if __name__ == '__main__':
    sys.exit(main())
