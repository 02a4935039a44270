# SPDX-License-Identifier: Apache-2.0
"""Gets the lab ready for Tempest, and says what there is, as words for the shell.

    lab.py prepare URL      a second image, and URL (network.py) in the catalog; prints NAME=value lines
    lab.py clean            takes URL out of the catalog

Credentials come from the environment, as for the openstack client.
"""
import os
import sys

import openstack

FIRST, SECOND = 'mini-guest', 'mini-guest-alt'
NETWORK_SERVICE = 'tempest-network'     # a type that no other client looks for


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
        service = cloud.identity.create_service(name=NETWORK_SERVICE, type=NETWORK_SERVICE)
        cloud.identity.create_endpoint(service_id=service.id, interface='public', url=url,
                                       region_id=os.environ['OS_REGION_NAME'])


def prepare(cloud, url):
    announce_network(cloud, url)
    up = [host for host in cloud.compute.hypervisors(details=True) if host.state == 'up']
    newest = cloud.compute.get_endpoint_data().max_microversion
    return {'HOSTS': len(up), 'HYPERVISOR': up[0].hypervisor_type.lower(), 'IMAGE': cloud.image.find_image(FIRST).id,
            'SECOND_IMAGE': second_image(cloud), 'NEWEST': '.'.join(map(str, newest))}


def clean(cloud):
    service = cloud.identity.find_service(NETWORK_SERVICE)
    if service:
        cloud.identity.delete_service(service)


def main():
    cloud = openstack.connect()
    if sys.argv[1] == 'clean':
        clean(cloud)
        return
    for name, value in prepare(cloud, sys.argv[2]).items():
        print(f'{name}={value}')


if __name__ == '__main__':
    main()
