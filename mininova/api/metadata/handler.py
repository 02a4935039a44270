# SPDX-License-Identifier: Apache-2.0
"""MetadataRequestHandler: the service guests reach at 169.254.169.254, loaded by Paste.

Runs in nova-api and nova-api-metadata. Who asks is found out by identity.py; what there is to read, by
compute/instance_metadata.py.
Nova: nova/api/metadata/handler.py
"""
import collections
import time

import webob
import webob.dec
import webob.exc
from oslo_log import log

import mininova.conf
from mininova import concurrency, exception
from mininova import context as nova_context
from mininova.api.metadata import identity, password
from mininova.compute import ec2_metadata, instance_metadata
from mininova.network import api as network_api
from mininova.objects.block_device import BlockDeviceMappingList
from mininova.objects.instance import Instance

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

CACHE_SIZE = 2000
UNKNOWN_ERROR = 'An unknown error has occurred. Please try your request again.'


class MetadataRequestHandler:
    """WSGI application: GET of documents, GET and POST of the password."""

    def __init__(self):
        self._cache = collections.OrderedDict()
        self._lock = concurrency.lock()
        self._network_api = network_api.API()
        if CONF.neutron.service_metadata_proxy and not CONF.neutron.metadata_proxy_shared_secret:
            LOG.warning('[neutron] metadata_proxy_shared_secret is not set: every request is refused.')
        if CONF.api.local_metadata_per_cell:
            LOG.info('[api] local_metadata_per_cell makes no difference: there is one cell.')

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
        except exception.VendorDataFailed as error:
            LOG.error('A guest cannot be told everything: %s', error)
            return webob.exc.HTTPInternalServerError(explanation=UNKNOWN_ERROR)
        except Exception:
            LOG.exception('A metadata request failed.')
            return webob.exc.HTTPInternalServerError(explanation=UNKNOWN_ERROR)

    def _answer(self, request):
        try:
            path = instance_metadata.split(request.path_info)
        except UnicodeDecodeError:
            raise webob.exc.HTTPNotFound() from None
        if not path:
            # The same for everybody: load balancers ask for it to see whether the service lives.
            return _listing([*ec2_metadata.VERSIONS, 'latest'])
        asker = identity.find(request, self._network_api)
        documents = self._documents(asker)
        if len(path) == 3 and path[0] == 'openstack' and path[2] == instance_metadata.PASSWORD:
            return self._password(request, asker, path[1])
        try:
            found = documents.lookup('/'.join(path))
        except instance_metadata.NoSuchDocument:
            raise webob.exc.HTTPNotFound() from None
        if request.method not in ('GET', 'HEAD'):
            raise webob.exc.HTTPMethodNotAllowed()
        if isinstance(found, list):
            return _listing(found)
        return _response(found, 'application/json' if path[-1].endswith('.json') else 'text/plain')

    def _documents(self, asker):
        """Give the documents of a guest, kept for `[api] metadata_cache_expiration` seconds by its id.

        :raises HTTPNotFound: there is no such guest, or it is another project's
        """
        documents = self._cached(asker.instance_uuid)
        if asker.project_id is not None and documents.instance.project_id != asker.project_id:
            LOG.warning('A metadata request named instance %s and another project.', asker.instance_uuid)
            raise webob.exc.HTTPNotFound()
        return documents

    def _cached(self, instance_uuid):
        now = time.monotonic()
        with self._lock:
            expires, documents = self._cache.get(instance_uuid, (0, None))
            if now < expires:
                return documents
        documents = _build(self._network_api, instance_uuid)
        if CONF.api.metadata_cache_expiration:
            with self._lock:
                self._cache[instance_uuid] = now + CONF.api.metadata_cache_expiration, documents
                self._cache.move_to_end(instance_uuid)
                while len(self._cache) > CACHE_SIZE:
                    self._cache.popitem(last=False)
        return documents

    @staticmethod
    def _password(request, asker, version):
        versions = [known for known in instance_metadata.OPENSTACK_VERSIONS if known >= instance_metadata.GRIZZLY]
        if version not in (*versions, 'latest'):
            raise webob.exc.HTTPNotFound()
        # Not what is kept: a password is stored once, and read as soon as it is.
        instance = _load(nova_context.get_admin_context(), asker.instance_uuid)
        if request.method in ('GET', 'HEAD'):
            return _response(password.extract_password(instance).encode())
        if request.method != 'POST':
            raise webob.exc.HTTPBadRequest(explanation='GET and POST only are supported.')
        return _store_password(request, instance)


def _build(network_api, instance_uuid):
    context = nova_context.get_admin_context()
    instance = _load(context, instance_uuid)
    devices = BlockDeviceMappingList.get_by_instance_uuid(context, instance_uuid)
    groups = network_api.get_security_group_names(context, instance)
    return instance_metadata.InstanceMetadata(instance, block_devices=devices, security_groups=groups)


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


def _listing(names):
    return _response('\n'.join(names).encode())


def _response(body, content_type='text/plain'):
    return webob.Response(body=body, content_type=content_type, charset='UTF-8')
