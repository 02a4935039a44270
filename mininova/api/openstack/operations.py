# SPDX-License-Identifier: Apache-2.0
"""What the API offers, operation by operation, read from its routes (nova-api).

An operation is an HTTP method, a path and, for POST .../action, the name of the action; in each range of microversions
one method of a controller serves it. Documentation and tests are made from this, so that they miss nothing.
"""
import inspect
import itertools
import typing

from mininova.api.openstack import api_version_request as versions

_VERBS = {'index': 'List', 'detail': 'List with details', 'show': 'Show one of', 'create': 'Create one of',
          'update': 'Change one of', 'delete': 'Delete one of', 'update_all': 'Replace all', 'delete_all': 'Delete all'}


class Operation(typing.NamedTuple):
    """One operation in one range of microversions.

    :ivar path: as the client writes it, without the project, e.g. '/servers/{server_id}/tags'
    :ivar action: key of the body for POST .../action, else None
    :ivar first: the microversion from which it is served so
    :ivar last: the one up to which, None for no end
    :ivar served_by: what serves it; an ``openstack.wsgi`` method with its schemas and its status
    """

    method: str
    path: str
    action: str | None
    first: versions.APIVersionRequest
    last: versions.APIVersionRequest | None
    served_by: object

    @property
    def key(self):
        """Return what names it at all microversions, e.g. ('POST', '/servers/{id}/action', 'os-stop')."""
        return self.method, self.path, self.action

    @property
    def is_removed(self):
        """Tell whether it answers 410 and does nothing."""
        return self.served_by.removed is not None

    @property
    def resource(self):
        """Return the words of the path that are no variables, e.g. 'servers/tags'; the chapter that it belongs to."""
        words = [word for word in self.path.split('/') if word and not word.startswith('{') and word != 'detail']
        return '/'.join(words[:2] if words[:1] in (['servers'], ['flavors']) else words[:1]) or 'versions'

    @property
    def summary(self):
        """Return what it does in a sentence, e.g. 'List the tags of servers.'"""
        said = inspect.cleandoc(self.served_by.call.__doc__ or '').partition('\n\n')[0].replace('\n', ' ')
        if said and not said.startswith(':'):
            return said
        words = ' of '.join(word.removeprefix('os-') for word in reversed(self.resource.split('/')))
        if self.action:
            return f'{self.action}: an action on a member of {words.removeprefix("action of ")}.'
        return f'{_VERBS.get(self.served_by.name, self.served_by.name)} {words}.'

    def serves(self, version):
        return version.matches(self.first, self.last)


def list_operations(router):
    """Return the operations of a router in the order of their routes, old ranges before new ones.

    :param router: ``openstack.router.APIRouterV21``
    """
    return list(itertools.chain.from_iterable(
        _of_route(route) for route in router.map.matchlist if not route.routepath.startswith('/{project_id}')))


def _of_route(route):
    http_method, = route.conditions['method']
    resource, name = route.defaults['controller'], route.defaults['action']
    candidates = resource.actions if name == 'action' else {None: resource.methods[name]}
    for action, methods in sorted(candidates.items(), key=lambda entry: entry[0] or ''):
        for method in sorted(methods, key=lambda method: method.min_version):
            yield Operation(http_method, route.routepath, action, method.min_version, method.max_version, method)
