# SPDX-License-Identifier: Apache-2.0
"""/os-assisted-volume-snapshots: for a volume service that cannot make snapshots of attached volumes alone (nova-api).

Nova: nova/api/openstack/compute/assisted_volume_snapshots.py.
"""
import json

import webob.exc

from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import assisted_volume_snapshots as schemas
from mininova.policies import assisted_volume_snapshots as policies


class AssistedVolumeSnapshotsController(wsgi.Controller):
    """No server has a volume here, so there is nothing to make a snapshot of."""

    @wsgi.expected_errors(400)
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, body):
        # Whoever asks is a service; the volume's project is not its own.
        req.environ['nova.context'].can(policies.CREATE, target={})
        raise _nobody_has(body['snapshot']['volume_id'])

    @wsgi.response(204)
    @wsgi.expected_errors((400, 404))
    @validation.query_schema(schemas.delete_query)
    @validation.response_schema(schemas.delete_response)
    def delete(self, req, id):
        req.environ['nova.context'].can(policies.DELETE, target={})
        raise _nobody_has(_volume_of(req.GET.get('delete_info')))


def _volume_of(text):
    """Return the volume that a request's delete_info names."""
    try:
        found = json.loads(text or '')
    except ValueError as error:
        raise webob.exc.HTTPBadRequest(explanation=f'delete_info: {error}') from None
    if not isinstance(found, dict) or 'volume_id' not in found:
        raise webob.exc.HTTPBadRequest(explanation="'volume_id'")
    return str(found['volume_id'])


def _nobody_has(volume_id):
    return webob.exc.HTTPBadRequest(explanation=f'No volume Block Device Mapping with id {volume_id[:80]}.')


class AssistedVolumeSnapshots(extensions.Extension):
    """/os-assisted-volume-snapshots."""

    alias = 'os-assisted-volume-snapshots'
    name = 'AssistedVolumeSnapshots'
    resources = (extensions.Resource('os-assisted-volume-snapshots', AssistedVolumeSnapshotsController),)
