# SPDX-License-Identifier: Apache-2.0
"""Make the lab's projects, users, roles and service catalog in Keystone; run by devstack/lib/keystone.

Everything is looked for first, so that a second run changes nothing but passwords that differ.
Passwords come through the environment (ADMIN_PASSWORD, DEMO_PASSWORD, SERVICE_PASSWORD): the
arguments of a process are for everyone on the machine to see.
"""
import argparse
import os

import openstack

INTERFACES = ('public', 'internal', 'admin')
SERVICE_NAMES = {'image': 'glance', 'compute': 'nova', 'network': 'neutron'}


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--auth-url', required=True)
    parser.add_argument('--region', required=True)
    parser.add_argument('--service', action='append', default=[], metavar='TYPE=URL')
    return parser.parse_args()


def connect(args, user, password, project):
    return openstack.connect(
        load_yaml_config=False, load_envvars=False, auth_url=args.auth_url, region_name=args.region,
        username=user, password=password, project_name=project, user_domain_name='Default',
        project_domain_name='Default', identity_api_version='3')


def ensure_project(identity, name):
    return identity.find_project(name) or identity.create_project(name=name, domain_id='default')


def ensure_user(args, identity, name, password, project, roles):
    """Give a user a password and roles in a project, making what is not there."""
    known = identity.find_user(name)
    user = known or identity.create_user(name=name, password=password, domain_id='default')
    for role_name in roles:
        role = identity.find_role(role_name) or identity.create_role(name=role_name)
        identity.assign_project_role_to_user(project, user, role)
    if known and not can_log_in(args, name, password, project):
        identity.update_user(user, password=password)


def can_log_in(args, name, password, project):
    try:
        return bool(connect(args, name, password, project.name).authorize())
    except openstack.exceptions.SDKException:
        return False


def ensure_service(identity, region, service_type, url):
    """Announce one service; an endpoint with another URL is corrected."""
    service = next(identity.services(type=service_type), None)
    if service is None:
        service = identity.create_service(type=service_type, name=SERVICE_NAMES.get(service_type, service_type))
    known = {endpoint.interface: endpoint for endpoint in identity.endpoints(service_id=service.id)
             if endpoint.region_id == region}
    for interface in INTERFACES:
        endpoint = known.get(interface)
        if endpoint is None:
            identity.create_endpoint(service_id=service.id, interface=interface, url=url, region_id=region)
        elif endpoint.url != url:
            identity.update_endpoint(endpoint, url=url)


def main():
    args = parse_args()
    identity = connect(args, 'admin', os.environ['ADMIN_PASSWORD'], 'admin').identity
    demo, service = ensure_project(identity, 'demo'), ensure_project(identity, 'service')
    ensure_user(args, identity, 'admin', os.environ['ADMIN_PASSWORD'], demo, ['admin', 'member'])
    ensure_user(args, identity, 'demo', os.environ['DEMO_PASSWORD'], demo, ['member'])
    for name in (SERVICE_NAMES[text.partition('=')[0]] for text in args.service):
        ensure_user(args, identity, name, os.environ['SERVICE_PASSWORD'], service, ['admin', 'service'])
    for service_type, _, url in (text.partition('=') for text in args.service):
        ensure_service(identity, args.region, service_type, url)


if __name__ == '__main__':
    main()
