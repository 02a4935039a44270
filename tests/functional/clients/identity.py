# SPDX-License-Identifier: Apache-2.0
"""A double of the identity service, API v3, as far as the clients and keystonemiddleware ask it.

It has one user per project: ``demo``, ``admin`` and the service user ``nova``; the password is the name.  Tokens are
those that the double of the image service knows (tests/fixtures/image_service.py).
"""
import json
import urllib.parse
import uuid

import webob
import webob.exc

from tests.fixtures.image_service import to_json

DOMAIN = {'id': 'default', 'name': 'Default'}
ROLES = {'admin': ('admin', 'member', 'reader'), 'demo': ('member', 'reader'), 'nova': ('service', 'admin')}
PROJECT_OF = {'admin': 'admin', 'demo': 'demo', 'nova': 'service'}


def id_of(kind, name):
    """Return the id of a user, project or role: 32 hex digits, the same in every run."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f'{kind} {name}').hex


USERS = {name: {'id': id_of('user', name), 'name': name, 'domain_id': 'default', 'enabled': True, 'links': {},
                'email': f'{name}@example.org', 'password_expires_at': None, 'options': {}} for name in ROLES}
PROJECTS = {name: {'id': id_of('project', name), 'name': name, 'domain_id': 'default', 'enabled': True, 'links': {},
                   'is_domain': False, 'parent_id': 'default', 'description': '', 'tags': [], 'options': {}}
            for name in PROJECT_OF.values()}
COLLECTIONS = {'projects': PROJECTS, 'users': USERS, 'domains': {'Default': {
    **DOMAIN, 'enabled': True, 'links': {}, 'description': '', 'tags': [], 'options': {}}}}


def token_of(name):
    """Return a user's token."""
    return 'service' if name == 'nova' else f'user:{PROJECTS[PROJECT_OF[name]]["id"]}'


class Identity:
    """WSGI application; ``url`` is where it listens, ``endpoints`` what the catalog names: {type: URL}."""

    def __init__(self):
        self.url, self.endpoints = None, {}

    def __call__(self, environ, start_response):
        req = webob.Request(environ)
        req.body  # noqa: B018 (read before answering)
        try:
            answer = self._route(req)
        except webob.exc.HTTPException as error:
            answer = to_json({'error': {'code': error.code, 'message': error.title, 'title': error.title}}, error.code)
        return answer(environ, start_response)

    def _route(self, req):
        parts = req.path.strip('/').split('/')
        if parts in ([''], ['v3']):
            version = {'id': 'v3.14', 'status': 'stable', 'updated': '2020-04-07T00:00:00Z', 'media-types': [],
                       'links': [{'rel': 'self', 'href': f'{self.url}/v3/'}]}
            return to_json({'version': version} if parts[0] else {'versions': {'values': [version]}},
                         200 if parts[0] else 300)
        if parts == ['v3', 'auth', 'tokens']:
            return self._make(req) if req.method == 'POST' else self._validate(req)
        self._user_of(req.headers.get('X-Auth-Token'))
        if req.method != 'GET' or parts[1] not in COLLECTIONS:
            raise webob.exc.HTTPNotFound()
        return self._find(COLLECTIONS[parts[1]], parts[1], req, *parts[2:])

    @staticmethod
    def _find(known, collection, req, *wanted):
        if wanted:
            found = [entry for entry in known.values() if entry['id'] == urllib.parse.unquote(wanted[0])]
            if not found:
                raise webob.exc.HTTPNotFound()
            return to_json({collection[:-1]: found[0]})
        asked = {name: value for name, value in req.GET.items() if name in ('name', 'domain_id')}
        found = [entry for entry in known.values()
                 if all(str(entry.get(name)) == value for name, value in asked.items())]
        return to_json({collection: found, 'links': {'next': None, 'previous': None, 'self': req.url}})

    def _make(self, req):
        identity = json.loads(req.body)['auth']['identity']
        if 'password' in identity['methods']:
            user = identity['password']['user']
            name = user.get('name') or next((one['name'] for one in USERS.values() if one['id'] == user['id']), None)
            if name not in USERS or user['password'] != name:
                raise webob.exc.HTTPUnauthorized()
        else:
            name = self._user_of(identity['token']['id'])
        return to_json(self._document(name), 201, {'X-Subject-Token': token_of(name)})

    def _validate(self, req):
        self._user_of(req.headers.get('X-Auth-Token'))
        subject = req.headers.get('X-Subject-Token')
        name = next((name for name in USERS if token_of(name) == subject), None)
        if name is None:
            raise webob.exc.HTTPNotFound()
        return to_json(self._document(name), headers={'X-Subject-Token': subject})

    @staticmethod
    def _user_of(token):
        for name in USERS:
            if token == token_of(name):
                return name
        raise webob.exc.HTTPUnauthorized()

    def _document(self, name):
        user, project = USERS[name], PROJECTS[PROJECT_OF[name]]
        return {'token': {
            'methods': ['password'], 'expires_at': '2999-01-01T00:00:00.000000Z', 'audit_ids': ['x'],
            'issued_at': '2020-01-01T00:00:00.000000Z', 'is_domain': False,
            'user': {'id': user['id'], 'name': name, 'domain': DOMAIN, 'password_expires_at': None},
            'project': {'id': project['id'], 'name': project['name'], 'domain': DOMAIN},
            'roles': [{'id': id_of('role', role), 'name': role} for role in ROLES[name]],
            'catalog': [{'type': kind, 'name': kind, 'id': id_of('service', kind), 'endpoints': [
                {'id': id_of(interface, kind), 'interface': interface, 'region': 'RegionOne', 'region_id': 'RegionOne',
                 'url': url} for interface in ('public', 'internal', 'admin')]}
                for kind, url in self.endpoints.items()]}}
