# SPDX-License-Identifier: Apache-2.0
"""Let something into the servers of a security group; what the group lets in already is left alone.

    security_rules.py default icmp tcp:22 udp:5000-5010 --from 192.0.2.0/24

The project is the one of the OS_* variables (devstack/openrc). `openstack security group rule create` does the same,
but only where a network service is in the catalog; nova's own resource, asked here, ends with microversion 2.35.
"""
import argparse

import openstack

VERSION = '2.1'


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('group', help='name of the group')
    parser.add_argument('what', nargs='+', help='icmp, tcp:PORT, tcp:FIRST-LAST or udp:...')
    parser.add_argument('--from', dest='cidr', default='0.0.0.0/0', help='who: a network, by default everybody')
    return parser.parse_args()


def read(what):
    """Return (protocol, first port, last port) of e.g. tcp:22."""
    protocol, _colon, ports = what.partition(':')
    if protocol == 'icmp':
        return protocol, -1, -1
    first, _dash, last = ports.partition('-')
    return protocol, int(first), int(last or first)


def call(compute, method, path, **body):
    answer = compute.request(path, method, microversion=VERSION, **body)
    if not answer.ok:
        raise SystemExit(f'{method} {path}: {answer.status_code} {answer.text}')
    return answer.json()


def main():
    args = parse_args()
    compute = openstack.connect(load_yaml_config=False).compute
    groups = {group['name']: group for group in call(compute, 'GET', '/os-security-groups')['security_groups']}
    if args.group not in groups:
        raise SystemExit(f'This project has no security group {args.group}, but {", ".join(sorted(groups))}.')
    known = {(rule['ip_protocol'], rule['from_port'], rule['to_port'], rule['ip_range'].get('cidr'))
             for rule in groups[args.group]['rules']}
    for what in args.what:
        protocol, first, last = read(what)
        if (protocol, first, last, args.cidr) not in known:
            call(compute, 'POST', '/os-security-group-rules', json={'security_group_rule': {
                'parent_group_id': groups[args.group]['id'], 'ip_protocol': protocol, 'from_port': first,
                'to_port': last, 'cidr': args.cidr}})


if __name__ == '__main__':
    main()
