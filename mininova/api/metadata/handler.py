# SPDX-License-Identifier: Apache-2.0
"""MetadataRequestHandler: the service guests reach at 169.254.169.254, loaded by Paste.

Runs in nova-api and nova-api-metadata. A guest is known by the address at the other end of the socket and by nothing it
says itself; only with `[neutron] service_metadata_proxy` do signed headers of a trusted proxy name it instead.
Nova: nova/api/metadata/handler.py
"""
import collections
import hashlib
import hmac
import ipaddress
import time

import webob
import webob.dec
import webob.exc
from oslo_log import log

import mininova.conf
from mininova import concurrency, exception
from mininova import context as nova_context
from mininova.api.metadata import password
from mininova.compute import instance_metadata
from mininova.objects.block_device import BlockDeviceMappingList
from mininova.objects.fixed_ip import FixedIP
from mininova.objects.instance import Instance
from mininova.objects.security_group import SecurityGroupList

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

CACHE_SIZE = 2000
PROXY_HEADERS = ('X-Instance-ID', 'X-Tenant-ID', 'X-Instance-ID-Signature', 'X-Metadata-Provider',
                 'X-Metadata-Provider-Signature')


class MetadataRequestHandler:
    """WSGI application: GET of documents, GET and POST of the password."""

    def __init__(self):
        self._cache = collections.OrderedDict()
        self._lock = concurrency.lock()

    @classmethod
    def factory(cls, global_config, **local_config):
        """Make the application for Paste."""
        return cls()

    @webob.dec.wsgify(RequestClass=webob.Request)
    def __call__(self, request):
        try:
            return self._answer(request)
        except webob.exc.HTTPException as error:
            return error
        except Exception:
            LOG.exception('Metadata request %s failed.', request.path)
            return webob.exc.HTTPInternalServerError(explanation='An unknown error has occurred. Please try again.')

    def _answer(self, request):
        instance_uuid = self._identify(request)
        path = [part for part in request.path_info.split('/') if part]
        if len(path) == 3 and path[0] == 'openstack' and path[2] == instance_metadata.PASSWORD:
            return self._password(request, instance_uuid, path[1])
        if request.method not in ('GET', 'HEAD'):
            raise webob.exc.HTTPMethodNotAllowed()
        try:
            found = self._documents(instance_uuid).lookup(request.path_info)
        except instance_metadata.NoSuchDocument:
            raise webob.exc.HTTPNotFound() from None
        if isinstance(found, list):
            return _response('\n'.join(found).encode())
        return _response(found, 'application/json' if path[-1].endswith('.json') else 'text/plain')

    # -- who asks -----------------------------------------------------------------

    def _identify(self, request):
        """Find out which guest asks.

        :raises HTTPNotFound: nobody we know
        """
        for header in PROXY_HEADERS:
            if ',' in request.headers.get(header, '') or _count(request, header) > 1:
                raise webob.exc.HTTPBadRequest(explanation=f'Multiple {header} headers found within request.')
        if CONF.neutron.service_metadata_proxy:
            return self._by_header(request)
        present = [header for header in PROXY_HEADERS if header in request.headers]
        if present:
            raise webob.exc.HTTPBadRequest(explanation=f'{present[0]} is not accepted here.')
        return self._by_address(request)

    @staticmethod
    def _by_address(request):
        # REMOTE_ADDR is the peer of the socket: no filter in front of this application changes it.
        address = _plain_address(request.environ.get('REMOTE_ADDR', ''))
        try:
            fixed_ip = FixedIP.get_by_address(nova_context.get_admin_context(), address)
        except exception.FixedIpNotFoundForAddress:
            fixed_ip = None
        if fixed_ip is None or not fixed_ip.allocated or not fixed_ip.instance_uuid:
            LOG.info('No guest has address %s.', address)
            raise webob.exc.HTTPNotFound()
        return fixed_ip.instance_uuid

    def _by_header(self, request):
        instance_uuid = request.headers.get('X-Instance-ID')
        project_id = request.headers.get('X-Tenant-ID')
        signature = request.headers.get('X-Instance-ID-Signature')
        for header, value in (('X-Instance-ID', instance_uuid), ('X-Tenant-ID', project_id),
                              ('X-Instance-ID-Signature', signature)):
            if not value:
                raise webob.exc.HTTPBadRequest(explanation=f'{header} header is missing from request.')
        if not _signed(instance_uuid, signature):
            LOG.warning('A metadata request with a wrong signature came from %s.', request.environ.get('REMOTE_ADDR'))
            raise webob.exc.HTTPForbidden(explanation='Invalid proxy request signature.')
        if self._documents(instance_uuid).instance.project_id != project_id:
            LOG.warning('A metadata request named instance %s and another project.', instance_uuid)
            raise webob.exc.HTTPNotFound()
        return instance_uuid

    # -- what it is told --------------------------------------------------------------

    def _documents(self, instance_uuid):
        """Give the documents of a guest, kept for `[api] metadata_cache_expiration` seconds by its id."""
        now = time.monotonic()
        with self._lock:
            expires, documents = self._cache.get(instance_uuid, (0, None))
            if now < expires:
                return documents
        documents = self._build(instance_uuid)
        with self._lock:
            self._cache[instance_uuid] = now + CONF.api.metadata_cache_expiration, documents
            self._cache.move_to_end(instance_uuid)
            while len(self._cache) > CACHE_SIZE:
                self._cache.popitem(last=False)
        return documents

    @staticmethod
    def _build(instance_uuid):
        context = nova_context.get_admin_context()
        instance = _load(context, instance_uuid)
        devices = BlockDeviceMappingList.get_by_instance_uuid(context, instance_uuid)
        groups = SecurityGroupList.get_names(context, instance_uuid)
        return instance_metadata.InstanceMetadata(instance, block_devices=devices, security_groups=groups)

    @staticmethod
    def _password(request, instance_uuid, version):
        versions = [known for known in instance_metadata.OPENSTACK_VERSIONS if known >= instance_metadata.GRIZZLY]
        if version not in (*versions, 'latest'):
            raise webob.exc.HTTPNotFound()
        instance = _load(nova_context.get_admin_context(), instance_uuid)
        if request.method in ('GET', 'HEAD'):
            return _response(password.extract_password(instance).encode())
        if request.method != 'POST':
            raise webob.exc.HTTPMethodNotAllowed()
        return _store_password(request, instance)


def _store_password(request, instance):
    if password.extract_password(instance):
        raise webob.exc.HTTPConflict()
    body = request.body_file.read(password.MAX_SIZE + 1)
    if len(body) > password.MAX_SIZE:
        raise webob.exc.HTTPBadRequest(explanation='Request is too large.')
    try:
        text = body.decode('ascii')
    except UnicodeDecodeError:
        raise webob.exc.HTTPBadRequest(explanation='The password must be ASCII text.') from None
    if not password.store_first(instance, text):
        raise webob.exc.HTTPConflict()
    return _response(b'')


def _load(context, instance_uuid):
    try:
        return Instance.get_by_uuid(context, instance_uuid, expected_attrs=['metadata'])
    except exception.InstanceNotFound:
        raise webob.exc.HTTPNotFound() from None


def _response(body, content_type='text/plain'):
    return webob.Response(body=body, content_type=content_type, charset='UTF-8')


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


def _signed(instance_uuid, signature):
    secret = CONF.neutron.metadata_proxy_shared_secret.encode()
    if not secret:
        return False
    expected = hmac.new(secret, instance_uuid.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())
