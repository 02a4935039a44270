# SPDX-License-Identifier: Apache-2.0
"""From an HTTP request to a controller method and back (nova-api).  Nova: nova/api/openstack/wsgi.py.

A resource is a plain class; its methods say by decorators when they apply and what they accept::

    class KeypairController(wsgi.Controller):

        _view_builder_class = views_keypairs.ViewBuilder

        @wsgi.api_version('2.1', '2.1')
        @wsgi.response(202)
        def delete(self, req, id):
            self._delete(req, id)

        @wsgi.api_version('2.2')                      # same name, next range
        @wsgi.response(204)
        def delete(self, req, id):                    # noqa: F811
            self._delete(req, id)

        @validation.schema(schemas.create)            # one map for all versions
        def create(self, req, body):
            context = req.environ['nova.context']
            context.can(policies.CREATE)
            ...
            return self._view_builder.create(req, keypair)

        @wsgi.action('os-frobnicate')                 # POST .../action {"os-frobnicate": ...}
        @wsgi.response(202)
        def frobnicate(self, req, id, body): ...

Rules for methods: ``index``, ``detail``, ``show``, ``create``, ``update``, ``delete`` as usual; the
arguments are ``req``, the variables of the path by name, and ``body`` if the method wants it (POST and
PUT). The result is a dict (JSON), None (empty body) or a ``ResponseObject`` (other status, headers).
Raise NovaExceptions and let them go: ``fault.py`` turns them into answers.

The decorators only attach facts; ``Resource`` acts on them, always in this order: microversion header,
content type, action lookup, project of the URL, version range, schema of body and query, method.
"""
import functools
import inspect
import types

import webob.exc

from mininova import exception
from mininova.api import validation
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import fault, media, request
from mininova.api.validation import responses

Request = request.Request


# -- decorators -----------------------------------------------------------------

class _Versioned:
    """Same-named methods of a class, each with its version range."""

    def __init__(self):
        self.functions = []

    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self._call, instance)

    def _call(self, instance, req, *args, **kwargs):
        for function in self.functions:
            if req.api_version_request.matches(*function.wsgi_versions):
                return function(instance, req, *args, **kwargs)
        raise exception.VersionNotFoundForAPIMethod(version=req.api_version_request)


def _last_function(method):
    """Return the function that a decorator means, wherever it stands among the others."""
    return method.functions[-1] if isinstance(method, _Versioned) else method


def _note(name, value):
    """Make a decorator that attaches a fact to a method."""
    def decorate(method):
        setattr(_last_function(method), name, value)
        return method
    return decorate


def api_version(min_version=None, max_version=None):
    """Offer a method only to requests in a range of microversions; outside it does not exist (404).

    :param min_version: first version, e.g. '2.2'; None for the minimum
    :param max_version: last version; None for no end
    """
    siblings = inspect.currentframe().f_back.f_locals

    def decorate(method):
        function = _last_function(method)
        function.wsgi_versions = (versions.parse(min_version) or versions.min_api_version(),
                                  versions.parse(max_version))
        found = siblings.get(function.__name__)
        versioned = found if isinstance(found, _Versioned) else _Versioned()
        versioned.functions.append(function)
        return versioned
    return decorate


def action(name):
    """Make a method the one for POST .../action with {name: ...}."""
    return _note('wsgi_action', name)


def response(code):
    """Set the status of success, where it is not 200."""
    return _note('wsgi_code', code)


def expected_errors(errors):
    """Tell which statuses the method may end with, besides those that every method may.

    It documents; ``fault.py`` decides by the exception.
    """
    return _note('wsgi_expected_errors', (errors,) if isinstance(errors, int) else tuple(errors))


def removed(version, reason):
    """Mark an operation that is gone at every microversion: it answers 410.

    :param version: release that removed it, e.g. '18.0.0'
    :param reason: what a reader should know
    """
    def decorate(method):
        function = _last_function(method)
        function.wsgi_removed = (version, reason)
        function.wsgi_expected_errors = (410,)
        return method
    return decorate


# -- controllers ------------------------------------------------------------------

class Controller:
    """Base of all controllers. No ``try`` to translate errors here: see ``fault.py``."""

    _view_builder_class = None

    def __init__(self):
        self._view_builder = self._view_builder_class() if self._view_builder_class else None


def gone_controller(name, version, reason, methods=(), actions=()):
    """Return a controller class whose operations were removed and answer 410.

    :param methods: method names, e.g. ('index', 'show')
    :param actions: names of actions in the body of POST .../action
    """
    def gone(self, req, **kwargs):
        raise webob.exc.HTTPGone()

    def make(attribute, action_name=None):
        def method(self, req, **kwargs):
            return gone(self, req, **kwargs)
        method.__name__ = attribute
        method = removed(version, reason)(method)
        return action(action_name)(method) if action_name else method

    members = {attribute: make(attribute) for attribute in methods}
    members.update({f'action_{number}': make(f'action_{number}', action_name)
                    for number, action_name in enumerate(actions)})
    return type(name, (Controller,), {'__doc__': reason, '__module__': __name__, **members})


def until(version, controller, actions=()):
    """Return a class like a controller whose operations end with a microversion: an old name of a resource.

    :param version: last version, e.g. '2.102'
    :param actions: names of the actions that it keeps; it keeps no others
    """
    last, members = versions.parse(version), {}
    for name, functions in functions_of(controller):
        kept = _Versioned()
        for function in functions:
            first, end = getattr(function, 'wsgi_versions', (versions.min_api_version(), None))
            if first <= last and getattr(function, 'wsgi_action', None) in (None, *actions):
                kept.functions.append(_ending(function, first, last if end is None else min(end, last)))
        members[name] = kept if kept.functions else None
    return type(f'{controller.__name__}Until', (controller,), {
        '__doc__': controller.__doc__, '__module__': controller.__module__, **members})


def _ending(function, first, last):
    """Return a copy of a method with another range of versions."""
    copied = types.FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__,
                                function.__closure__)
    functools.update_wrapper(copied, function)
    del copied.__wrapped__
    copied.wsgi_versions = (first, last)
    return copied


class ResponseObject:
    """An answer with a status or headers of its own.

    :param obj: dict for the JSON body, or None
    :param code: status; None takes the method's ``@wsgi.response``
    :param headers: dict of additional headers
    """

    def __init__(self, obj, code=None, headers=None):
        self.obj = obj
        self.code = code
        self.headers = dict(headers or {})


class _Method:
    """One function of one controller in one version range, ready to be called."""

    def __init__(self, controller, function):
        self.call = function.__get__(controller)
        self.name = function.__name__
        self.min_version, self.max_version = getattr(
            function, 'wsgi_versions', (versions.min_api_version(), None))
        self.code = getattr(function, 'wsgi_code', 200)
        self.errors = getattr(function, 'wsgi_expected_errors', ())
        self.removed = getattr(function, 'wsgi_removed', None)
        self.body_schema = getattr(function, validation.BODY_SCHEMA, None)
        self.query_schema = getattr(function, validation.QUERY_SCHEMA, None)
        self.response_schema = getattr(function, validation.RESPONSE_SCHEMA, None)
        self.action = getattr(function, 'wsgi_action', None)
        parameters = inspect.signature(function).parameters
        self.wants_body = 'body' in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())

    def overlaps(self, other):
        return ((self.max_version is None or other.min_version <= self.max_version)
                and (other.max_version is None or self.min_version <= other.max_version))


def functions_of(controller_class):
    """Yield (name, functions in version order) of a controller class, public methods only."""
    for name in dir(controller_class):
        if name.startswith('_'):
            continue
        member = inspect.getattr_static(controller_class, name)
        if isinstance(member, _Versioned):
            yield name, tuple(member.functions)
        elif inspect.isfunction(member):
            yield name, (member,)


class Resource:
    """WSGI application for one controller: the routes lead here.

    :param controller: the controller object, or a class that is then instantiated
    :param versioned: False for documents outside of the microversion scheme
    """

    def __init__(self, controller, versioned=True):
        self.controller = controller() if isinstance(controller, type) else controller
        self.versioned = versioned
        self.methods = {}
        self.actions = {}
        self.register_actions(self.controller)
        for name, functions in functions_of(type(self.controller)):
            plain = [function for function in functions if not hasattr(function, 'wsgi_action')]
            for function in plain:
                _add(self.methods, name, _Method(self.controller, function))

    def register_actions(self, controller):
        """Add the ``@wsgi.action`` methods of a controller to what POST .../action understands."""
        for _name, functions in functions_of(type(controller)):
            for function in functions:
                if hasattr(function, 'wsgi_action'):
                    _add(self.actions, function.wsgi_action, _Method(controller, function))

    def __call__(self, environ, start_response):
        req = Request(environ)
        arguments = self.get_action_args(environ)
        body = req.read_body()
        echo = ()
        try:
            if self.versioned:
                asked = req.negotiate_version()
                echo = _version_headers(req)
                if not asked:
                    raise exception.InvalidGlobalAPIVersion(
                        req_ver=req.api_version_request, min_ver=versions.min_api_version(),
                        max_ver=versions.max_api_version())
            return self._process(req, arguments, body, start_response, echo)
        except Exception as error:
            return fault.from_exception(error).send(start_response, echo)

    def get_action_args(self, environ):
        """Return what the route says: 'action' and the variables of the path."""
        arguments = dict(environ['wsgiorg.routing_args'][1])
        arguments.pop('controller', None)
        return arguments

    def _process(self, req, arguments, body, start_response, echo):
        req.check_host()
        content_type = media.best_answer_type(req.environ.get('HTTP_ACCEPT'))
        media.check_request_type(req.environ.get('CONTENT_TYPE'), body)
        name = arguments.pop('action')
        document = media.UNREAD
        if name == 'action':
            document = media.loads(body)
            candidates = self._find_action(document)
        else:
            candidates = self.methods.get(name) or self._no_such_method()
        if document is media.UNREAD and req.environ['REQUEST_METHOD'] in ('POST', 'PUT'):
            document = media.loads(body) if body else None
        _check_project(req, arguments)
        method = _select(candidates, req.api_version_request)
        if document is not media.UNREAD and method.wants_body:
            arguments['body'] = document
        if method.body_schema:
            method.body_schema.validate_body(req, arguments.get('body'))
        if method.query_schema:
            method.query_schema.validate_query(req)
        if method.removed:
            raise webob.exc.HTTPGone()
        result = method.call(req, **_decoded(arguments))
        return _send(req, result, method, content_type, start_response, echo)

    def _find_action(self, document):
        if not isinstance(document, dict) or len(document) != 1:
            raise webob.exc.HTTPBadRequest(explanation=media.MALFORMED)
        name = next(iter(document))
        found = self.actions.get(name)
        if not found:
            raise webob.exc.HTTPBadRequest(explanation=f'There is no such action: {name[:255]}')
        return found

    def _no_such_method(self):
        raise webob.exc.HTTPNotFound(explanation=NOT_FOUND)


NOT_FOUND = 'The resource could not be found.'


def _add(table, name, method):
    for other in table.get(name, ()):
        if method.overlaps(other):
            raise ValueError(f'{method.call.__qualname__} and {other.call.__qualname__} both claim {name!r}.')
    table.setdefault(name, []).append(method)


def _select(candidates, version):
    for method in candidates:
        if version.matches(method.min_version, method.max_version):
            return method
    raise webob.exc.HTTPNotFound(explanation=NOT_FOUND)


def _check_project(req, arguments):
    """Refuse a URL that names another project than the caller's credentials."""
    project_id = arguments.pop('project_id', None)
    if not project_id:
        return
    req.environ[request.ENV_URL_PROJECT] = project_id
    context = req.environ.get('nova.context')
    if context and project_id != context.project_id:
        raise webob.exc.HTTPBadRequest(explanation=(
            f"Malformed request URL: URL's project_id '{project_id}' doesn't match Context's project_id "
            f"'{context.project_id}'"))


def _decoded(arguments):
    """Turn the path's bytes-as-latin-1 (PEP 3333) into text; what is no text names nothing that exists."""
    for name, value in arguments.items():
        if name != 'body' and isinstance(value, str) and not (value.isascii() and '\0' not in value):
            try:
                value = value.encode('latin-1').decode('utf-8')
            except UnicodeError:
                raise webob.exc.HTTPNotFound(explanation=NOT_FOUND) from None
            if '\0' in value:
                raise webob.exc.HTTPNotFound(explanation=NOT_FOUND)
            arguments[name] = value
    return arguments


def _version_headers(req):
    """Return the four headers that tell client and caches which version answered."""
    if req.is_legacy_v2():
        return ()
    version = str(req.api_version_request)
    standard, legacy = versions.API_VERSION_REQUEST_HEADER, versions.LEGACY_API_VERSION_REQUEST_HEADER
    return ((standard, f'{versions.SERVICE_TYPE} {version}'), (legacy, version), ('Vary', standard), ('Vary', legacy))


def _send(req, result, method, content_type, start_response, echo):
    """Answer with what a controller method returned."""
    code, headers = method.code, ()
    if isinstance(result, ResponseObject):
        code, headers, result = result.code or code, result.headers.items(), result.obj
    body = b'' if result is None else media.dumps(result)
    if method.response_schema:
        responses.check(method.call.__qualname__, method.response_schema, req, body)
    lines = [*headers, *echo]
    if code != 204:
        lines[:0] = [('Content-Type', content_type), ('Content-Length', str(len(body)))]
    start_response(fault.status_line(code), lines)
    return [body]
