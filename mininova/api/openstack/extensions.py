# SPDX-License-Identifier: Apache-2.0
"""What an API extension declares, and how declarations become routes (nova-api).

Nova: nova/api/openstack/extensions.py as of Newton.  An extension is a class found by stevedore in the
group ``mininova.api.v21.extensions`` of setup.cfg; it only says what there is::

    class Keypairs(extensions.Extension):
        alias = 'os-keypairs'
        name = 'Keypairs'
        is_core = True
        resources = (extensions.Resource('os-keypairs', KeypairController),)

    class Servers(extensions.Extension):
        alias = 'servers'
        name = 'Servers'
        is_core = True
        resources = (extensions.Resource('servers', ServersController,
                                         collection_actions={'detail': 'GET'}, member_actions={'action': 'POST'}),)

    class Pause(extensions.Extension):                  # methods with @wsgi.action('pause')
        alias = 'os-pause-server'
        name = 'PauseServer'
        actions = (extensions.ControllerActions('servers', PauseController),)

A resource answers where its controller has a method, and nowhere else (404 from the router):

======================= ==============================
GET    /things          index
POST   /things          create
PUT    /things          update_all
DELETE /things          delete_all
GET    /things/{id}     show
PUT    /things/{id}     update
DELETE /things/{id}     delete
collection_actions      /things/NAME, before {id}
member_actions          /things/{id}/NAME
======================= ==============================

``parent=('servers', 'server_id')`` puts it below /servers/{server_id}. What fits none of this is a
``Route``. Everything exists twice, with and without /{project_id}.
"""
import dataclasses
import typing

COLLECTION_METHODS = (('index', 'GET'), ('create', 'POST'), ('update_all', 'PUT'), ('delete_all', 'DELETE'))
MEMBER_METHODS = (('show', 'GET'), ('update', 'PUT'), ('delete', 'DELETE'))


class Route(typing.NamedTuple):
    """One method of one controller under one path.

    :param method: HTTP method
    :param path: e.g. '/versions/{id}'
    :param controller: controller class
    :param action: name of its method
    """

    method: str
    path: str
    controller: type
    action: str


@dataclasses.dataclass(frozen=True)
class Resource:
    """A collection and its members.

    :param collection: last part of the path, e.g. 'servers'
    :param controller: class with the methods
    :param member: name of the path variable of a member, the argument of ``show`` and others
    :param parent: (path of the parent's collection, name of the variable), e.g. ('servers', 'server_id')
    :param collection_actions: {method name: HTTP method or list of them}
    :param member_actions: the same below a member; 'action' is POST .../action
    """

    collection: str
    controller: type
    member: str = 'id'
    parent: tuple | None = None
    collection_actions: dict = dataclasses.field(default_factory=dict)
    member_actions: dict = dataclasses.field(default_factory=dict)

    @property
    def path(self):
        prefix = '/{}/{{{}}}'.format(*self.parent) if self.parent else ''
        return f'{prefix}/{self.collection}'

    def routes(self):
        """Yield the routes, fixed names before variables."""
        member = f'{self.path}/{{{self.member}}}'
        for name, method in _pairs(self.collection_actions):
            yield Route(method, f'{self.path}/{name}', self.controller, name)
        for name, method in COLLECTION_METHODS:
            if hasattr(self.controller, name):
                yield Route(method, self.path, self.controller, name)
        for name, method in _pairs(self.member_actions):
            yield Route(method, f'{member}/{name}', self.controller, name)
        for name, method in MEMBER_METHODS:
            if hasattr(self.controller, name):
                yield Route(method, member, self.controller, name)


def _pairs(actions):
    for name, methods in actions.items():
        for method in (methods,) if isinstance(methods, str) else methods:
            yield name, method


class ControllerActions(typing.NamedTuple):
    """``@wsgi.action`` methods of a controller for POST /COLLECTION/{id}/action.

    :param collection: collection of the resource that is extended, e.g. 'servers'
    :param controller: class with the methods
    """

    collection: str
    controller: type


class Extension:
    """Base of all extensions; nothing but declarations.

    :cvar alias: name in configuration and in GET /extensions
    :cvar is_core: without it the API does not start
    """

    alias = None
    name = None
    is_core = False
    resources = ()
    actions = ()
    routes = ()
