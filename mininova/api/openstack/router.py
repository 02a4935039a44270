# SPDX-License-Identifier: Apache-2.0
"""Routes of the Compute API: every path twice, with and without the project (nova-api).

Nova: ``ProjectMapper`` and ``APIRouterV21`` of nova/api/openstack/__init__.py.
"""
import re

import routes

import mininova.conf
from mininova.api import wsgi as base_wsgi
from mininova.api.openstack import wsgi

CONF = mininova.conf.CONF


class ProjectMapper(routes.Mapper):
    """A Routes mapper that adds /{project_id} and finds a route by the first word of its path.

    The library tries all regular expressions in turn, which costs a third of a millisecond with the
    routes of the Compute API. Here the word after the (optional) project picks the few that can match;
    they are tried in the order in which they were declared.
    """

    def __init__(self):
        super().__init__()
        self.minimization = False
        self._project = re.compile(CONF.osapi_v21.project_id_regex)
        self._plain = {}
        self._below_project = {}

    def add(self, route, controller):
        """Connect a declared route, with and without the project.

        :param route: extensions.Route
        :param controller: WSGI application
        """
        word = _first_word(route.path)
        for prefix, table in (('', self._plain), ('/{project_id}', self._below_project)):
            requirements = {'project_id': self._project.pattern} if prefix else {}
            self.connect(None, prefix + route.path, controller=controller, action=route.action,
                         conditions={'method': [route.method]}, requirements=requirements)
            table.setdefault(word, []).append(self.matchlist[-1])

    def routematch(self, url=None, environ=None):
        """Return (what the path says, the route), or None."""
        url = environ['PATH_INFO'] if url is None else url
        word = _first_word(url)
        found = self._first_match(self._plain.get(word, ()), url, environ)
        if found is None and self._project.fullmatch(word):
            found = self._first_match(self._below_project.get(_first_word(url[len(word) + 1:]), ()), url, environ)
        return found

    @staticmethod
    def _first_match(candidates, url, environ):
        for route in candidates:
            match = route.match(url, environ)
            if match:
                return match, route
        return None


def _first_word(path):
    """Return the part of a path between its first two slashes."""
    return path[1:].partition('/')[0]


class APIRouterV21(base_wsgi.Router):
    """Base of the routers of version 2.1: turns declarations into routes and resources.

    :param extensions: extensions.Extension classes, in the order in which their routes are tried
    """

    def __init__(self, extensions):
        self.resources = {}
        self._applications = {}
        mapper = ProjectMapper()
        for extension in extensions:
            self._register_resources(mapper, extension)
        for extension in extensions:
            self._register_actions(extension)
        mapper.create_regs([])
        super().__init__(mapper)

    def _register_resources(self, mapper, extension):
        for route in extension.routes:
            mapper.add(route, self._application(route.controller))
        for resource in extension.resources:
            application = self._application(resource.controller)
            self.resources[resource.path.lstrip('/')] = application
            for route in resource.routes():
                mapper.add(route, application)

    def _register_actions(self, extension):
        for collection, controller in extension.actions:
            if collection not in self.resources:
                raise ValueError(f'{extension.alias} adds actions to {collection}, which no extension declares.')
            self.resources[collection].register_actions(controller())

    def _application(self, controller):
        if controller not in self._applications:
            self._applications[controller] = wsgi.Resource(controller)
        return self._applications[controller]
