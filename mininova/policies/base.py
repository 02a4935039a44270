# SPDX-License-Identifier: Apache-2.0
"""The rules that all others are made of, and the helpers that write them down.  Nova: nova/policies/base.py.

Three personas and two scopes: a *reader* looks, a *member* changes, an *admin* runs the cloud; the
first two are always meant within their own project.
"""
from oslo_policy import policy

COMPUTE_API = 'os_compute_api'

RULE_CONTEXT_IS_ADMIN = 'rule:context_is_admin'
RULE_ADMIN_OR_OWNER = 'rule:admin_or_owner'
RULE_ADMIN_API = 'rule:admin_api'
RULE_ANY = '@'
RULE_NOBODY = '!'

ADMIN = 'rule:context_is_admin'
PROJECT_MEMBER = 'rule:project_member_api'
PROJECT_READER = 'rule:project_reader_api'
PROJECT_MANAGER = 'rule:project_manager_api'
PROJECT_MEMBER_OR_ADMIN = 'rule:project_member_or_admin'
PROJECT_READER_OR_ADMIN = 'rule:project_reader_or_admin'
PROJECT_MANAGER_OR_ADMIN = 'rule:project_manager_or_admin'
SERVICE_ROLE = 'rule:service_api'
SERVICE_OR_ADMIN = 'rule:service_or_admin'

_RULES = (
    ('context_is_admin', 'role:admin', 'Decides what is_admin of a request means.'),
    ('admin_or_owner', 'is_admin:True or project_id:%(project_id)s', 'Old default of most APIs.'),
    ('admin_api', 'is_admin:True', 'Old default of admin APIs.'),
    ('project_manager_api', 'role:manager and project_id:%(project_id)s', 'Manager of the project.'),
    ('project_member_api', 'role:member and project_id:%(project_id)s', 'May change what the project has.'),
    ('project_reader_api', 'role:reader and project_id:%(project_id)s', 'May see what the project has.'),
    ('project_manager_or_admin', 'rule:project_manager_api or rule:context_is_admin', 'Manager, or administrator.'),
    ('project_member_or_admin', 'rule:project_member_api or rule:context_is_admin', 'Member, or administrator.'),
    ('project_reader_or_admin', 'rule:project_reader_api or rule:context_is_admin', 'Reader, or administrator.'),
    ('service_api', 'role:service', 'What other services may call.'),
    ('service_or_admin', 'rule:service_api or rule:context_is_admin', 'Another service, or administrator.'),
)


def rule(name, check, description, *operations, scopes=('project',)):
    """Return a rule for operations of the API.

    :param name: e.g. 'os_compute_api:os-keypairs:index'
    :param check: one of the constants above
    :param description: what is allowed, a sentence
    :param operations: 'METHOD /path' texts
    :param scopes: of the tokens that it lets pass at all; None where Nova has no rule, and so no scope
    """
    return policy.DocumentedRuleDefault(
        name=name, check_str=check, description=description, scope_types=scopes and list(scopes),
        operations=[dict(zip(('method', 'path'), operation.split(' ', 1), strict=True)) for operation in operations])


def list_rules():
    return [policy.RuleDefault(name, check, description) for name, check, description in _RULES]
