# SPDX-License-Identifier: Apache-2.0
"""Requests to the network service, as the caller or as the service user.

Nova: get_client and ClientWrapper of nova/network/neutron.py.

Whatever changes something is asked for by the service user, who may bind ports, and names the project it is for.  The
caller's own token is used where it decides what is seen: which networks a project may use.
"""
import time

from keystoneauth1 import exceptions
from oslo_log import log

import mininova.conf
from mininova import exception, service_auth

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

RETRIABLE_STATUSES = [502, 503, 504]
MAX_SAID = 300
# Ids that are put into one URL, which some servers cut at 8 KiB.
MOST_IDS = 100


class Client:
    """Connections to one network service, kept as long as the process lives."""

    def __init__(self):
        self._service = service_auth.Service('network', 'neutron')
        self._extensions, self._extensions_until = frozenset(), 0.0

    # -- what is asked --

    def list(self, context, collection, as_caller=False, **filters):
        """List resources.

        :param collection: e.g. ports; the last part of a path is the answer's key
        :param as_caller: by the caller's own token, if there is one
        :param filters: value or values of each; no values at all match nothing
        """
        found = []
        for query in _queries(filters):
            document = self.request(context, 'GET', collection, as_caller=as_caller, query=query)
            found += document[collection.rpartition('/')[2].replace('-', '_')]
        return found

    def show(self, context, collection, resource_id, as_caller=False):
        """Return one resource.

        :raises NeutronRefused: there is none, with code 404
        """
        return _content(self.request(context, 'GET', f'{collection}/{resource_id}', as_caller=as_caller))

    def create(self, context, collection, name, values):
        """Make a resource and return it."""
        return _content(self.request(context, 'POST', collection, body={name: values}))

    def update(self, context, collection, resource_id, name, values):
        """Change a resource and return it."""
        return _content(self.request(context, 'PUT', f'{collection}/{resource_id}', body={name: values}))

    def delete(self, context, collection, resource_id):
        """Remove a resource; nothing happens if there is none."""
        try:
            self.request(context, 'DELETE', f'{collection}/{resource_id}')
        except exception.NeutronRefused as error:
            if error.code != 404:
                raise

    def has_extension(self, context, alias):
        """Tell whether the network service has an extension; what it has is asked now and then only."""
        now = time.monotonic()
        if now >= self._extensions_until:
            listed = self.request(context, 'GET', 'extensions')['extensions']
            self._extensions = frozenset(entry['alias'] for entry in listed)
            self._extensions_until = now + CONF.neutron.extension_sync_interval
        return alias in self._extensions

    def request(self, context, method, path, body=None, query=None, as_caller=False):
        """Send one request and return the document of the answer, {} for none.

        :param path: below /v2.0
        :param query: (name, value) pairs
        :raises NeutronRefused: an answer from 400 to 499
        :raises NeutronConnectionFailed: it is away or broken (503)
        :raises NeutronAdminCredentialConfigurationInvalid: it does not accept the service user
        """
        as_caller = as_caller and bool(context.auth_token) and CONF.neutron.auth_type != 'none'
        tries = CONF.neutron.http_retries
        try:
            answer = self._adapter(context, as_caller).request(
                f'/v2.0/{path}', method, json=body, params=query, connect_retries=tries,
                status_code_retries=tries if method == 'GET' else 0, retriable_status_codes=RETRIABLE_STATUSES,
                global_request_id=context.global_id, headers={'Accept': 'application/json'})
        except exceptions.Unauthorized as error:
            if as_caller:
                # A token may end before what was asked for with it is done.
                return self.request(context, method, path, body, query)
            LOG.error('The network service does not accept the credentials of [neutron]: %s', error)
            raise exception.NeutronAdminCredentialConfigurationInvalid() from error
        except exceptions.ClientException as error:
            raise self._translate(context, error) from error
        return answer.json() if answer.content else {}

    # -- how it is reached --

    def _adapter(self, context, as_caller):
        endpoint = self._endpoint(context)
        if as_caller:
            return self._service.as_caller(endpoint, context.auth_token)
        if not self._service.has_user():
            raise exception.NeutronAdminCredentialConfigurationInvalid(
                'The service user of the network service is not configured: [neutron] auth_url and username.')
        return self._service.as_user(endpoint)

    def _endpoint(self, context):
        url = self._service.url(context)
        if not url:
            raise exception.NeutronConnectionFailed(
                server='(unknown)', reason='neither [neutron] endpoint_override nor a service catalog names it')
        return url.rstrip('/').removesuffix('/v2.0')

    def _translate(self, context, error):
        """Return our exception for one of keystoneauth's."""
        status = getattr(error, 'http_status', 0) or 0
        if isinstance(error, exceptions.HttpError) and 400 <= status < 500:
            kind, said = _said(error)
            return exception.NeutronRefused(reason=said, code=status, kind=kind)
        LOG.warning('The network service does not answer as it should: %s', error)
        return exception.NeutronConnectionFailed(server=self._service.known_url(context) or '(unknown)',
                                                 reason=type(error).__name__)


def refused_for(error, *kinds):
    """Tell whether a NeutronRefused is for one of these reasons, in the network service's own words."""
    return error.kwargs.get('kind') in kinds


def _queries(filters):
    """Yield lists of (name, value) pairs that together ask for what filters mean."""
    several = {name: list(values) for name, values in filters.items() if isinstance(values, (list, tuple, set))}
    fixed = [(name, value) for name, value in filters.items() if name not in several]
    if any(not values for values in several.values()):
        return
    longest = max(several, key=lambda name: len(several[name]), default=None)
    rest = [(name, value) for name, values in several.items() if name != longest for value in values]
    values = several.get(longest, [None])
    for start in range(0, len(values), MOST_IDS):
        part = [(longest, value) for value in values[start:start + MOST_IDS]] if longest else []
        yield [*fixed, *rest, *part]


def _content(document):
    (content,) = document.values()
    return content


def _said(error):
    """Return the network service's (kind, message) of an error."""
    try:
        found = error.response.json()['NeutronError']
    except (AttributeError, KeyError, TypeError, ValueError):
        return None, str(error.details or error.message)[:MAX_SAID]
    if isinstance(found, dict):
        return found.get('type'), str(found.get('message'))[:MAX_SAID]
    return None, str(found)[:MAX_SAID]
