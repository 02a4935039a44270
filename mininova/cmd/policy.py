# SPDX-License-Identifier: Apache-2.0
"""nova-policy: which policy rules would let these credentials pass.  Nova: nova/cmd/policy.py."""
import argparse
import sys

from mininova import config, context, policies


def parse(argv):
    parser = argparse.ArgumentParser(prog='nova-policy', description='List the policy rules that credentials pass.')
    parser.add_argument('--config-file', action='append', metavar='PATH')
    parser.add_argument('--user', default='user', help='user id of the caller')
    parser.add_argument('--project', default='project', help='project id of the caller')
    parser.add_argument('--role', action='append', default=[], help='a role of the caller; may be given several times')
    parser.add_argument('--target-project', help='project of the resource, by default the caller\'s')
    parser.add_argument('--api-name', default='', help='only rules whose name contains this')
    parser.add_argument('--denied', action='store_true', help='list the rules that refuse instead')
    return parser.parse_args(argv)


def main(argv=None):
    arguments = parse(sys.argv[1:] if argv is None else argv)
    config.parse_args(['nova-policy', *(f'--config-file={path}' for path in arguments.config_file or ())],
                      configure_rpc=False)
    caller = context.RequestContext(user_id=arguments.user, project_id=arguments.project, roles=arguments.role)
    target = {'project_id': arguments.target_project or arguments.project, 'user_id': arguments.user}
    for name in sorted(rule.name for rule in policies.list_rules()):
        if arguments.api_name in name and caller.can(name, target, fatal=False) != arguments.denied:
            print(name)
    return 0


if __name__ == '__main__':
    sys.exit(main())
