# SPDX-License-Identifier: Apache-2.0
"""What several resources of the Compute API need: finding a server, paging, links (nova-api).

Nova: nova/api/openstack/common.py.
"""
import urllib.parse

import webob.exc

import mininova.conf
from mininova import exception
from mininova.api.openstack import request as api_request
from mininova.api.validation import parameter_types

CONF = mininova.conf.CONF

_VERSIONS = ('v2.1', 'v2')


# -- finding ------------------------------------------------------------------------------

def get_instance(compute_api, context, instance_id, expected_attrs=None):
    """Return the caller's server.

    :param expected_attrs: what the answer needs besides the plain fields, e.g. ['flavor', 'metadata']
    :raises InstanceNotFound: there is none, or it is another project's (404)
    """
    return compute_api.get(context, instance_id, expected_attrs=expected_attrs)


def get_id_from_href(href):
    """Return the id at the end of a link, or the id itself.

    :raises InvalidInput: it ends in nothing (400)
    """
    try:
        found = urllib.parse.urlsplit(str(href)).path.rsplit('/', 1)[-1]
    except ValueError:
        found = None  # '[' begins an address that does not end
    if not found:
        raise exception.InvalidInput(reason=f'{str(href)[:255]} has no id')
    return found


def to_number(value):
    """Read a number that the schema let pass, also as digits; one that nobody can mean counts as the largest."""
    return min(int(value), parameter_types.MAX_INT) if len(str(value)) < 20 else parameter_types.MAX_INT


# -- paging -------------------------------------------------------------------------------

def get_pagination_params(req):
    """Return what the query says about paging: a dict with 'limit', 'marker' and 'page_size' if they are there.

    :raises HTTPBadRequest: a limit that is no number or negative (400)
    """
    found = {}
    for name in ('limit', 'page_size'):
        if name in req.GET:
            found[name] = _non_negative(req.GET[name], name)
    if 'marker' in req.GET:
        found['marker'] = req.GET['marker']
    return found


def _non_negative(text, name):
    try:
        value = int(text) if len(text) < 20 else -1
    except ValueError:
        raise webob.exc.HTTPBadRequest(explanation=f'{name} param must be an integer') from None
    if value < 0:
        raise webob.exc.HTTPBadRequest(explanation=f'{name} param must be positive')
    return value


def get_limit_and_marker(req):
    """Return (limit, marker): the limit cut to [api]max_limit and that if none is given; marker may be None."""
    found = get_pagination_params(req)
    return min(CONF.api.max_limit, found.get('limit', CONF.api.max_limit)), found.get('marker')


def get_sort_params(params, default_key='created_at', default_dir='desc'):
    """Return (keys, directions) of a query's sort_key and sort_dir.

    Directions that are not given repeat the last one given; with no key the defaults are used.

    :param params: ``req.GET``
    """
    keys = [key.strip() for key in params.getall('sort_key')]
    directions = [direction.strip() for direction in params.getall('sort_dir')]
    if not keys:
        keys = [default_key]
    while len(directions) < len(keys):
        directions.append(directions[-1] if directions else default_dir)
    return keys, directions[:len(keys)]


# -- links --------------------------------------------------------------------------------

def url_join(*parts):
    """Join with single slashes; an empty last part leaves a slash at the end."""
    stripped = [part.strip('/') for part in parts]
    if stripped and not stripped[-1]:
        stripped = [part for part in stripped if part] + ['']
    else:
        stripped = [part for part in stripped if part]
    return '/'.join(stripped)


def remove_trailing_version_from_href(href):
    """Return a URL without /v2 or /v2.1 at its end."""
    base, _slash, last = href.rstrip('/').rpartition('/')
    return base if last in _VERSIONS else href.rstrip('/')


def apply_prefix(url, prefix):
    """Put a configured prefix in the place of a URL's scheme and host."""
    if not prefix:
        return url
    return prefix.rstrip('/') + urllib.parse.urlsplit(url).path


def application_url(req):
    """Return the URL the API is reached under by this client, e.g. http://host:8774/v2.1, without a final slash."""
    return apply_prefix(req.application_url, CONF.api.compute_link_prefix).rstrip('/')


def project_in_url(req):
    """Return the project id that the request's URL carries, or ''."""
    return req.environ.get(api_request.ENV_URL_PROJECT, '')


class ViewBuilder:
    """Base of the views: links and collections.

    ``_collection_name`` is the collection in the URL and the key of its links.
    """

    _collection_name = None

    def _bases(self, req):
        """Return the beginnings of self and bookmark links; computed once for a request."""
        bases = req.link_bases
        if bases is None:
            project = project_in_url(req)
            versioned = application_url(req)
            plain = remove_trailing_version_from_href(versioned)
            tail = f'/{project}/' if project else '/'
            bases = req.link_bases = (versioned + tail, plain + tail)
        return bases

    def _get_href_link(self, req, identifier, collection_name=None):
        """Return the versioned link to a member."""
        collection = self._collection_name if collection_name is None else collection_name
        return f'{self._bases(req)[0]}{collection}/{identifier}'

    def _get_bookmark_link(self, req, identifier, collection_name=None):
        """Return the link to a member without the API version."""
        collection = self._collection_name if collection_name is None else collection_name
        return f'{self._bases(req)[1]}{collection}/{identifier}'

    def _get_links(self, req, identifier, collection_name=None):
        """Return the list of links that most members show."""
        return [{'rel': 'self', 'href': self._get_href_link(req, identifier, collection_name)},
                {'rel': 'bookmark', 'href': self._get_bookmark_link(req, identifier, collection_name)}]

    def _get_next_link(self, req, marker, collection_name=None):
        """Return the link to the next page: the request's own query, sorted, with another marker."""
        collection = self._collection_name if collection_name is None else collection_name
        query = [(key, value) for key, value in req.GET.items() if key != 'marker']
        query = urllib.parse.urlencode(sorted([*query, ('marker', str(marker))]))
        return f'{self._bases(req)[0]}{collection}?{query}'

    def _get_collection_links(self, req, items, collection_name, id_key='uuid'):
        """Return [next link] if the page is full, else [].

        :param items: the records of this page
        :param id_key: key of the marker in a record, or in its embedded flavor
        """
        limit = get_limit_and_marker(req)[0]
        if not items or limit != len(items):
            return []
        return [{'rel': 'next', 'href': self._get_next_link(req, _value(items[-1], id_key), collection_name)}]


def _value(item, key):
    """Return an item's marker, whether it is an object or a row."""
    return getattr(item, key) if hasattr(item, key) else item[key]


def normalize_name(name):
    """Return a name without blanks around it.

    :raises InvalidInput: nothing is left (400)
    """
    stripped = name.strip()
    if not stripped:
        raise exception.InvalidInput(reason='The name must not consist of blanks only.')
    return stripped


def bool_from_string_strict(text):
    """Return the truth that a query value means, or raise.

    :raises HTTPBadRequest: it is none of the words for yes and no (400)
    """
    word = str(text).strip().lower()
    if word in ('1', 't', 'true', 'on', 'y', 'yes'):
        return True
    if word in ('0', 'f', 'false', 'off', 'n', 'no'):
        return False
    raise webob.exc.HTTPBadRequest(explanation=f"Unrecognized value '{word[:80]}'; use true or false.")
