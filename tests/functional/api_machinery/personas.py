# SPDX-License-Identifier: Apache-2.0
"""Who may ask: people with each role, in their project, in another one, in none; and whom a rule lets pass.

``ALLOWED`` says it by the text of a rule's check, so it knows nothing of how rules are evaluated.
"""
from mininova import context
from mininova.api import auth as api_auth
from mininova.api.openstack import auth
from mininova.policies import base

OWN, OTHER, ADMINS, SERVICES = (f'{letter}0' * 16 for letter in 'abcd')

# Name, which is the user's id too: (roles, project, further credentials).
PERSONAS = {
    'reader': (['reader'], OWN, {}),
    'member': (['member', 'reader'], OWN, {}),
    'manager': (['manager', 'member', 'reader'], OWN, {}),
    'admin': (['admin', 'manager', 'member', 'reader'], ADMINS, {}),
    'service': (['service'], SERVICES, {}),
    'nobody': ([], OWN, {}),
    'anonymous': ([], None, {}),
    'system': (['admin', 'reader'], None, {'system_scope': 'all'}),
}
# Members of another project than that of what they ask for.
STRANGERS = {'stranger-reader': ['reader'], 'stranger': ['member', 'reader'],
             'stranger-manager': ['manager', 'member', 'reader']}

_READERS, _ADMIN = {'reader', 'member', 'manager'}, {'admin'}
_ALL = set(PERSONAS) - {'system'}       # rules are for tokens of projects only
ALLOWED = {
    base.ADMIN: _ADMIN,
    base.PROJECT_READER_OR_ADMIN: _READERS | _ADMIN,
    base.PROJECT_MEMBER_OR_ADMIN: {'member', 'manager'} | _ADMIN,
    base.PROJECT_MANAGER_OR_ADMIN: {'manager'} | _ADMIN,
    base.SERVICE_OR_ADMIN: {'service'} | _ADMIN,
    base.RULE_ANY: _ALL,
    '(rule:context_is_admin) or user_id:%(user_id)s': _ALL,
}


def install(monkeypatch):
    """Let the user's id of a token decide which roles the caller has."""
    def call(middleware, environ, start_response):
        user, _colon, project = environ.get('HTTP_X_AUTH_TOKEN', '').partition(':')
        roles, _own, more = PERSONAS.get(user) or (STRANGERS[user], OTHER, {})
        environ['nova.context'] = context.RequestContext(
            user_id=user, project_id=project if project != 'None' else None, roles=roles, **more,
            **api_auth.request_fields(environ))
        return middleware.application(environ, start_response)
    monkeypatch.setattr(auth.NoAuthMiddleware, '__call__', call)


def client(api, name):
    """Return a client that is one of them."""
    return api.user(name, OTHER if name in STRANGERS else str(PERSONAS[name][1]))
