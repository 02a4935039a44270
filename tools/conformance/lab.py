# SPDX-License-Identifier: Apache-2.0
"""Gets the lab ready for Tempest, and says what there is, as words for the shell.

    lab.py public           prints the id of Neutron's external network, nothing without Neutron
    lab.py prepare [URL]    a second image, another project `alt` with a user, and URL (network.py) in the catalog as a
                            service of the type $NETWORK_SERVICE; prints NAME=value lines
    lab.py clean            takes URL and the project away

Credentials come from the environment, as for the openstack client.
"""
import os
import secrets
import sys

import openstack

FIRST, SECOND = 'mini-guest', 'mini-guest-alt'
NETWORK_SERVICE = 'conformance-network'     # by its name it is ours, whatever its type
OTHER = 'alt'


def second_image(cloud):
    """Return the id of an image with the bits of the first."""
    found = cloud.image.find_image(SECOND)
    if not found:
        first = cloud.image.find_image(FIRST)
        found = cloud.image.create_image(
            SECOND, data=cloud.image.download_image(first).content, visibility='public', disk_format=first.disk_format,
            container_format='bare', validate_checksum=False)
    return found.id


def announce_network(cloud, url):
    if not cloud.identity.find_service(NETWORK_SERVICE):
        service = cloud.identity.create_service(name=NETWORK_SERVICE, type=os.environ['NETWORK_SERVICE'])
        cloud.identity.create_endpoint(service_id=service.id, interface='public', url=url,
                                       region_id=os.environ['OS_REGION_NAME'])


def other_project(cloud):
    """Make a project with a user of its own; returns the user's password."""
    password = secrets.token_hex(16)
    project = cloud.identity.find_project(OTHER) or cloud.identity.create_project(name=OTHER, domain_id='default')
    user = cloud.identity.find_user(OTHER) or cloud.identity.create_user(name=OTHER, domain_id='default')
    cloud.identity.update_user(user, password=password)
    cloud.identity.assign_project_role_to_user(project, user, cloud.identity.find_role('member'))
    return password


def public(cloud):
    """Return the id of Neutron's external network, '' without Neutron."""
    if not any(service.name != NETWORK_SERVICE for service in cloud.identity.services(type='network')):
        return ''
    return next((network.id for network in cloud.network.networks(is_router_external=True)), '')


def prepare(cloud, url=None):
    if url:
        announce_network(cloud, url)
    up = [host for host in cloud.compute.hypervisors(details=True) if host.state == 'up']
    newest = cloud.compute.get_endpoint_data().max_microversion
    return {'HOSTS': len(up), 'HYPERVISOR': up[0].hypervisor_type.lower(), 'IMAGE': cloud.image.find_image(FIRST).id,
            'SECOND_IMAGE': second_image(cloud), 'NEWEST': '.'.join(map(str, newest)),
            'ALT_PASSWORD': other_project(cloud)}


def clean(cloud):
    service = cloud.identity.find_service(NETWORK_SERVICE)
    if service:
        cloud.identity.delete_service(service)
    for found, delete in ((cloud.identity.find_user(OTHER), cloud.identity.delete_user),
                          (cloud.identity.find_project(OTHER), cloud.identity.delete_project)):
        if found:
            delete(found)


def main():
    cloud = openstack.connect()
    if sys.argv[1] == 'clean':
        clean(cloud)
        return
    if sys.argv[1] == 'public':
        print(public(cloud))
        return
    for name, value in prepare(cloud, *sys.argv[2:]).items():
        print(f'{name}={value}')


if __name__ == '__main__':
    main()
