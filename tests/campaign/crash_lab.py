# SPDX-License-Identifier: Apache-2.0
"""A lab whose services are killed at crash points, and what must hold afterwards.

The service that passes a point is started anew with MININOVA_CRASHPOINT, dies there and is started again.  Then the
server must rest within 60 s, and ``nova-manage verify`` must find nothing.  The names of the points come from the
source, so a new crash point is a new test.
"""
import json
import os
import re
import uuid

import pytest
import requests

from mininova import context, objects
from mininova.cmd import manage_verify
from tests.architecture import tree
from tests.fixtures import processes, services
from tests.plugins import thorough

MARKS = [pytest.mark.needs('rabbit', 'mariadb'), pytest.mark.timeout(180)]
SETTLED = 60
# ``./run_tests.sh --thorough campaign``: every point and every seed, instead of some of them.
THOROUGH = thorough.WANTED
# Which process runs a module; the first that fits decides.
HOMES = (
    ('mininova/compute/operations/', 'nova-compute'), ('mininova/virt/', 'nova-compute'),
    ('mininova/network/floating_api', 'nova-api'), ('mininova/network/security_group_api', 'nova-api'),
    ('mininova/network/neutron/backend', 'nova-api'), ('mininova/network/neutron/security_groups', 'nova-api'),
    ('mininova/network/neutron/', 'nova-compute'), ('mininova/network/', 'nova-network'),
    ('mininova/scheduler/', 'nova-scheduler'),
    ('mininova/conductor/', 'nova-conductor'), ('mininova/compute/', 'nova-api'), ('mininova/api/', 'nova-api'))
# Passed by the real hypervisor driver only: tests/contract and tests/integration kill there.
REAL_ONLY = ('create.C12.downloaded.after', 'delete.D4.powered_off.after', 'resize.R6.copying.before',
             'snapshot.S3.target_made.after', 'snapshot.S3.copy_started.after', 'snapshot.S3.frozen.after',
             'resume.S5.plugged.after', 'floating.F4.unbound.after', 'floating.F4.flows_ended.after',
             'floating.F4.recorded.after', 'floating.F4.bound.after')


def crash_points():
    """Return the sorted (name, binary that dies there) of all crash points; one name may stand in two services."""
    found = set()
    for module in tree.modules().values():
        place = module.path.relative_to(tree.ROOT).as_posix()
        home = next((binary for prefix, binary in HOMES if place.startswith(prefix)), None)
        found |= {(name, home) for name in re.findall(r"crashpoint\('([^']+)'\)", module.text) if home}
    return sorted(found)


def points(*prefixes, without=()):
    """Return the points of a scenario, as (name, service)."""
    return [(name, binary) for name, binary in crash_points()
            if name.startswith(prefixes) and name not in REAL_ONLY and not name.startswith(tuple(without) or '?')]


def chosen(found, step=16):
    """Return all points in a thorough run, one of `step` otherwise."""
    return found if THOROUGH else found[::step]


def on_hosts(found, *second):
    """Return points with the services that pass them: nova-compute of h2 where they begin with one of `second`."""
    return [(name, f'{service}@h2' if service == 'nova-compute' and name.startswith(second) else service)
            for name, service in found]


def make_lab(directory, broker, mariadb, hosts=('h1', 'h2'), neutron_url=None):
    """Return a lab with quick reconcilers, of whose compute hosts h1 is always the best one.

    :param neutron_url: the network service that has the networks; else there is one of our own
    """
    made = services.Lab(directory, broker.new_virtual_host(), mariadb.new_database())
    made.configure(report_interval=1, service_down_time=6, rpc_response_timeout=10)
    made.configure('reconciler', interval=1, grace=2, worker_timeout=6)
    made.configure('network', reconcile_interval=4, sync_interval=4)
    # Servers go to h1, and to `broken` where it is there, however often builds fail: that is what is tested.
    made.configure('filter_scheduler', build_failure_weight_multiplier=0)
    made.configure_host('h1', 'fake', memory_mb=400000)
    made.configure_host('broken', 'fake', faults='spawn:fail:0', memory_mb=800000)
    if neutron_url:
        made.configure('network', backend='neutron')
        made.configure('neutron', auth_type='none', endpoint_override=neutron_url, extension_sync_interval=0)
    try:
        made.cloud(hosts=hosts)
        if not neutron_url:
            made.manage('network', 'create', 'private', '--fixed-range-v4', '10.100.0.0/24', '--bridge', 'br100')
        made.make_flavor('big', ram=1024, vcpus=2, disk=2, flavor_id='big')
    except BaseException:
        made.stop()
        raise
    return made


class Campaign:
    """A running lab and the ways to hurt it."""

    def __init__(self, lab):
        self.lab, self.nova = lab, lab.client
        self.once = None

    # -- harm --------------------------------------------------------------------------

    def arm(self, name, service):
        """Start a service anew so that it dies, once, where it passes a crash point."""
        self.once = self.lab.directory / f'died-{uuid.uuid4()}'
        self.lab.replace(service, {'MININOVA_CRASHPOINT': f'{name}@{self.once}'})
        # A host whose service was killed, or could not say that it lives while conductor was away, would get no server.
        processes.wait_for(lambda: self.running() <= self.up(), 'sign of life of each host', 60)

    def start_armed(self, name, service):
        """Start a service that is down so that it dies where it passes a crash point, be it in its start."""
        self.once = self.lab.directory / f'died-{uuid.uuid4()}'
        process = self.lab.service(service)
        process.environment = {**os.environ, 'MININOVA_CRASHPOINT': f'{name}@{self.once}'}
        process.start()

    def revive(self, service):
        """Wait for the death of a service and start it again."""
        processes.wait_for(self.once.exists, f'passing of the crash point by {service}', 30)
        assert self.lab.service(service).exit_status() == -9
        self.lab.restart(service)

    # -- requests ----------------------------------------------------------------------

    def ask(self, function, *arguments, **keywords):
        """Call the API; None if it died instead of answering."""
        try:
            return function(*arguments, **keywords)
        except requests.ConnectionError:
            return None

    def act(self, server, name, arguments=None):
        return self.ask(self.nova.action, server, name, arguments, wanted=(200, 202, 204, 503))

    def boot(self, name):
        return self.nova.boot(name, networks='auto')

    def boot_active(self, name):
        made = self.boot(name)
        self.nova.wait_status(made, 'ACTIVE', seconds=SETTLED)
        return made

    def find(self, name):
        """Return the ids of the servers of a name."""
        return [server['id'] for server in self.nova.get('/servers')['servers'] if server['name'] == name]

    def images(self, server):
        """Return the images of a server, by name."""
        found = self.nova.get('/images/detail', version='2.35')['images']
        return {image['name']: image for image in found if image['metadata'].get('instance_uuid') == server}

    def guest(self, server, host='h1'):
        """Return what a host's hypervisor has of a server, None if nothing."""
        path = self.lab.directory / host / 'fake' / host / f'{server}.json'
        return json.loads(path.read_text()) if path.exists() else None

    def up(self):
        """Return the names of the hosts that nova-compute is up on."""
        found = self.nova.get('/os-services?binary=nova-compute')['services']
        return {service['host'] for service in found if service['state'] == 'up'}

    def running(self):
        """Return the names of the hosts on which there is a process of nova-compute."""
        return {name.partition('@')[2] or 'h1' for name, process in self.lab.services.items()
                if name.startswith('nova-compute') and process.is_running()}

    def host_of(self, server):
        return self.nova.server(server)['OS-EXT-SRV-ATTR:host']

    @staticmethod
    def record(server):
        """Return the database's record of a server."""
        return objects.Instance.get_by_uuid(context.get_admin_context(), server)

    # -- what must hold ----------------------------------------------------------------

    def rest(self, server, *statuses):
        """Wait until nothing is under way and return the server."""
        return self.nova.wait_status(server, *statuses, seconds=SETTLED)

    def findings(self):
        return list(manage_verify.find(stuck_after=0))

    def assert_clean(self, seconds=20):
        """Nothing may be left after a while: what is cleaned up in the background gets some seconds."""
        found = []

        def clean():
            found[:] = self.findings()
            return not found
        try:
            processes.wait_for(clean, 'agreement', seconds, interval=0.5)
        except AssertionError:
            raise AssertionError('\n'.join(found)) from None

    def remove(self, server):
        self.nova.delete(f'/servers/{server}')
        self.nova.wait_gone(server, SETTLED)
        self.assert_clean()
