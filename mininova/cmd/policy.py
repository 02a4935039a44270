# SPDX-License-Identifier: Apache-2.0
"""nova-policy: which policy rules let these credentials pass, policy.yaml included.  Nova: nova/cmd/policy.py."""
import argparse
import os
import sys

from mininova import config, context, exception, objects, policies

TARGETS = ('project_id', 'user_id', 'quota_class', 'availability_zone', 'instance_id')


def parse(argv):
    parser = argparse.ArgumentParser(prog='nova-policy', description='List the policy rules that credentials pass.')
    parser.add_argument('--config-file', action='append', metavar='PATH')
    parser.add_argument('--os-roles', default=os.environ.get('OS_ROLES', ''), metavar='ROLE,ROLE',
                        help='roles of the caller; by default env[OS_ROLES]')
    parser.add_argument('--os-user-id', default=os.environ.get('OS_USER_ID'), metavar='ID',
                        help='user id of the caller; by default env[OS_USER_ID]')
    parser.add_argument('--os-tenant-id', default=os.environ.get('OS_TENANT_ID'), metavar='ID',
                        help='project id of the caller; by default env[OS_TENANT_ID]')
    categories = parser.add_subparsers(dest='category', required=True, metavar='policy')
    actions = categories.add_parser('policy', help='policy rules').add_subparsers(dest='action', required=True,
                                                                                  metavar='check')
    check = actions.add_parser('check', help='print the rules that the caller passes')
    check.add_argument('--api-name', default='', metavar='NAME', help='only rules whose name contains this')
    check.add_argument('--target', nargs='+', default=[], metavar='KEY=VALUE', type=_target, help=(
        f'what would be acted on: {", ".join(TARGETS)}; by default what is the caller\'s own. A server is read from '
        'the database, and says the rest'))
    return parser.parse_args(argv)


def _target(text):
    key, equals, value = text.partition('=')
    if not equals or key not in TARGETS:
        raise argparse.ArgumentTypeError(f'{text!r} is not one of {", ".join(f"{name}=..." for name in TARGETS)}')
    return key, value


def main(argv=None):
    arguments = parse(sys.argv[1:] if argv is None else argv)
    config.parse_args(['nova-policy', *(f'--config-file={path}' for path in arguments.config_file or ())],
                      configure_rpc=False)
    caller = context.RequestContext(user_id=arguments.os_user_id, project_id=arguments.os_tenant_id,
                                    roles=[role.strip() for role in arguments.os_roles.split(',') if role.strip()])
    try:
        target = _acted_on(dict(arguments.target))
    except exception.InstanceNotFound as error:
        print(error.format_message(), file=sys.stderr)
        return 1
    passed = [rule.name for rule in policies.list_rules()
              if arguments.api_name in rule.name and caller.can(rule.name, target, fatal=False)]
    print('\n'.join(passed) or 'No rules matched or allowed')
    return 0 if passed else 1


def _acted_on(target):
    """Return the target of the rules; None is what is the caller's own."""
    if 'instance_id' not in target:
        return target or None
    objects.register_all()
    instance = objects.Instance.get_by_uuid(context.get_admin_context(), target['instance_id'], expected_attrs=())
    return {'project_id': instance.project_id, 'user_id': instance.user_id}


if __name__ == '__main__':
    sys.exit(main())
