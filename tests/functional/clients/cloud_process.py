# SPDX-License-Identifier: Apache-2.0
"""Run as a program: a cloud of two hosts that clients can talk to, with doubles of the identity and image services.

The services are those of nova-all and a second compute host; the API checks tokens with keystonemiddleware, images
come from the image service.  Prints one line of JSON when it is ready:
{"identity": URL, "compute": URL, "image": URL, "ids": {name: id}}.
PUT /control/GROUP/OPTION on the identity service sets an option to the JSON of the body.
"""
import json
import pathlib
import sys
import threading

import mininova.cmd  # noqa: F401  (chooses the concurrency mode before anything else)
from mininova import config, context, objects, service
from mininova.cmd import all as nova_all
from mininova.compute import manager as compute_manager
from mininova.compute.operations import live_migration_jobs
from mininova.db import migration
from mininova.network import ipam
from mininova.network import manager as network_manager
from tests.fixtures import image_service
from tests.functional.clients import identity

CONF = nova_all.CONF
HOSTS = ('cmp1', 'cmp2')
FLAVORS = (('1', 'm1.tiny', 512), ('2', 'm1.small', 1024))
NOVA_CONF = """\
[DEFAULT]
host = cmp1
service_down_time = 600
shutdown_timeout = 0
[api]
auth_strategy = keystone
[image]
backend = glance
[glance]
auth_url = {identity}/v3
username = nova
password = nova
[keystone_authtoken]
auth_type = password
auth_url = {identity}/v3
www_authenticate_uri = {identity}/v3
username = nova
password = nova
project_name = service
user_domain_name = Default
project_domain_name = Default
[quota]
ram = -1
instances = 20
[spice]
enabled = true
[serial_console]
enabled = true
[reconciler]
interval = 6
"""


class Images(image_service.ImageService):
    """The image service as clients find it: with versions at its root."""

    def _route(self, req):
        if req.path == '/':
            return image_service.to_json({'versions': [
                {'id': 'v2.9', 'status': 'CURRENT', 'links': [{'rel': 'self', 'href': f'{self.url}/v2/'}]}]}, 300)
        return super()._route(req)


class Identity(identity.Identity):
    """The identity service, and the one door to what no client can do."""

    def _route(self, req):
        if req.method == 'PUT' and req.path.startswith('/control/'):
            group, option = req.path.split('/')[2:]
            CONF.set_override(option, req.json, group=None if group == 'DEFAULT' else group)
            return image_service.to_json({})
        return super()._route(req)


def serve(application):
    """Serve a double on a free port, for as long as the process lives."""
    server = image_service.Server(('127.0.0.1', 0), image_service.Handler)
    server.set_app(application)
    application.url = f'http://127.0.0.1:{server.server_port}'
    threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.5}, daemon=True).start()
    return application


def seed(images):
    """Make flavors, a network and two images that everybody sees; return {name: id} of the latter."""
    admin = context.get_admin_context()
    for flavorid, name, memory_mb in FLAVORS:
        objects.Flavor(admin, flavorid=flavorid, name=name, memory_mb=memory_mb, vcpus=1, root_gb=1, ephemeral_gb=0,
                       swap=0, rxtx_factor=1.0, is_public=True, disabled=False).create()
    ids = {'private': ipam.create_network(admin, 'private', '10.100.0.0/24', bridge='br100').uuid}
    for name in ('demo', 'rescue'):
        ids[name] = images.add(b'\0' * 4096, name=name, visibility='public', owner='admin',
                               hw_qemu_guest_agent='yes')['id']
    return ids


def configure(directory, identity_url):
    path = directory / 'nova.conf'
    path.write_text(NOVA_CONF.format(identity=identity_url))
    config.parse_args(['nova-all', '--config-file', str(path)], configure_rpc=False)
    nova_all.set_embedded_defaults(str(directory / 'cmp1'))
    CONF.set_default('osapi_compute_listen_port', 0)
    config.rpc.init(CONF)
    migration.sync()
    live_migration_jobs.LOOK_INTERVAL = 0.1


def main():
    directory = pathlib.Path(sys.argv[1])
    users, images = serve(Identity()), serve(Images())
    configure(directory, users.url)
    ids = seed(images)
    cloud = nova_all.Cloud()
    compute = f'http://127.0.0.1:{cloud.servers[0].port}/v2.1'
    users.endpoints.update(identity=f'{users.url}/v3', compute=compute, image=images.url)
    cloud.start()
    for host in HOSTS[1:]:
        CONF.set_override('state_path', str(directory / host))
        for binary, manager, topic in (('nova-network', network_manager.NetworkManager, 'network'),
                                       ('nova-compute', compute_manager.ComputeManager, 'compute')):
            cloud.daemons.append(service.Service(host, binary, topic, manager))
            cloud.daemons[-1].start()
    print(json.dumps({**users.endpoints, 'ids': ids}), flush=True)
    cloud.run()


if __name__ == '__main__':
    main()
