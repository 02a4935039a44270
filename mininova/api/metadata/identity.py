# SPDX-License-Identifier: Apache-2.0
"""Which guest asks the metadata service.  Nova: the _handle_* methods of nova/api/metadata/handler.py.

By default the address at the other end of the socket says it, and nothing that the guest says itself. With
`[neutron] service_metadata_proxy` it is headers that a trusted proxy signs with `metadata_proxy_shared_secret`.
Who asks is found out for each request: an address may be another guest's in the next second.
"""
import collections
import hashlib
import hmac
import ipaddress

import webob.exc
from oslo_log import log
from oslo_utils import uuidutils

import mininova.conf
from mininova import context as nova_context
from mininova import exception
from mininova.network import metadata_peers

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

INSTANCE, PROJECT, SIGNATURE = 'X-Instance-ID', 'X-Tenant-ID', 'X-Instance-ID-Signature'
PROVIDER, PROVIDER_SIGNATURE = 'X-Metadata-Provider', 'X-Metadata-Provider-Signature'
FORWARDED = 'X-Forwarded-For'
PROXY_HEADERS = (INSTANCE, PROJECT, SIGNATURE, PROVIDER, PROVIDER_SIGNATURE)

# project_id is None where nothing has told it: the address alone was enough.
Asker = collections.namedtuple('Asker', 'instance_uuid project_id')


def find(request, network_api):
    """Find out which guest asks.

    :param network_api: network.api.API
    :returns: Asker; whether that guest exists and is the project's is for the caller to see
    :raises HTTPBadRequest: headers are missing, repeated, or not accepted here
    :raises HTTPForbidden: a wrong signature
    :raises HTTPNotFound: nobody we know
    """
    for header in PROXY_HEADERS:
        if ',' in request.headers.get(header, '') or _count(request, header) > 1:
            raise webob.exc.HTTPBadRequest(explanation=f'Multiple {header} headers found within request.')
    if CONF.neutron.service_metadata_proxy:
        return _by_provider(request, network_api) if request.headers.get(PROVIDER) else _by_header(request)
    present = [header for header in PROXY_HEADERS if header in request.headers]
    if present:
        LOG.warning('%s came from %s; [neutron] service_metadata_proxy must be set for it to be read.', present[0],
                    request.environ.get('REMOTE_ADDR'))
        raise webob.exc.HTTPBadRequest(explanation=f'{present[0]} is not accepted here.')
    return _by_address(request, network_api)


def _by_address(request, network_api):
    # REMOTE_ADDR is the peer of the socket: no filter in front of this application changes it.
    address = _plain_address(request.environ.get('REMOTE_ADDR', ''))
    instance_uuid = metadata_peers.find_guest(nova_context.get_admin_context(), network_api, address)
    if instance_uuid is None:
        LOG.info('No guest has address %s.', address)
        raise webob.exc.HTTPNotFound()
    return Asker(instance_uuid, None)


def _by_header(request):
    """A proxy that knows the guest's network: neutron-metadata-agent."""
    instance_uuid, project_id, signature = _need(request, INSTANCE, PROJECT, SIGNATURE)
    _check_signature(request, instance_uuid, signature)
    if not uuidutils.is_uuid_like(instance_uuid):
        raise webob.exc.HTTPNotFound()
    return Asker(instance_uuid, project_id)


def _by_provider(request, network_api):
    """A load balancer that serves several networks: it tells its own id and the guest's address."""
    provider_id, signature, forwarded = _need(request, PROVIDER, PROVIDER_SIGNATURE, FORWARDED)
    _check_signature(request, provider_id, signature)
    address = forwarded.split(',')[0].strip()
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise webob.exc.HTTPBadRequest(explanation=f'{FORWARDED} does not begin with an address.') from None
    try:
        return Asker(*network_api.find_metadata_client(nova_context.get_admin_context(), provider_id, address))
    except exception.MetadataClientUnknown as error:
        LOG.warning('%s', error)
        raise webob.exc.HTTPBadRequest(explanation=str(error)) from None


def _need(request, *headers):
    for header in headers:
        if not request.headers.get(header):
            raise webob.exc.HTTPBadRequest(explanation=f'{header} header is missing from request.')
    return [request.headers[header] for header in headers]


def _check_signature(request, text, signature):
    """
    :raises HTTPForbidden: it is not HMAC-SHA256 of the text; with an empty secret it never is
    """
    secret = CONF.neutron.metadata_proxy_shared_secret.encode()
    expected = hmac.new(secret, _octets(text), hashlib.sha256).hexdigest()
    if not secret or not hmac.compare_digest(expected.encode(), _octets(signature)):
        LOG.warning('A metadata request with a wrong signature came from %s.', request.environ.get('REMOTE_ADDR'))
        raise webob.exc.HTTPForbidden(explanation='Invalid proxy request signature.')


def _octets(text):
    return text.encode('utf-8', 'surrogateescape')


def _plain_address(address):
    """Turn a socket's peer into the text the database has (an IPv4 peer of an IPv6 socket is mapped)."""
    try:
        parsed = ipaddress.ip_address(address.partition('%')[0])
    except ValueError:
        return address
    return str(getattr(parsed, 'ipv4_mapped', None) or parsed)


def _count(request, header):
    """Count a header's lines, if the server tells; WSGI itself joins them with a comma."""
    raw = request.environ.get('headers_raw') or ()
    return sum(name.lower() == header.lower() for name, _value in raw)
