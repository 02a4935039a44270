# SPDX-License-Identifier: Apache-2.0
"""/os-server-external-events: what other services did for servers (nova-api).

Nova: nova/api/openstack/compute/server_external_events.py.
"""
from oslo_log import log

from mininova import objects
from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import server_external_events as schemas
from mininova.compute import api as compute
from mininova.policies import server_external_events as policies

LOG = log.getLogger(__name__)

NEED_A_TAG = frozenset({'volume-extended', 'power-update', 'accelerator-request-bound'})


class ServerExternalEventsController(wsgi.Controller):
    """Events are judged one by one: each has a code of its own in the answer, which is 207 if one is not 200."""

    def __init__(self):
        super().__init__()
        self.compute_api = compute.API()

    @wsgi.expected_errors(403)
    @validation.schema(schemas.create)
    @validation.response_schema(schemas.create_response)
    def create(self, req, body):
        context = req.environ['nova.context']
        context.can(policies.CREATE, target={})
        told = body['events']
        uuids = {event['server_uuid'] for event in told}
        instances = {instance.uuid: instance for instance in objects.InstanceList.get_by_uuids(context, uuids)}
        answers = [_judged(event, instances.get(event['server_uuid'])) for event in told]
        accepted = [_event(context, event) for event, answer in zip(told, answers, strict=True)
                    if answer['code'] == 200]
        if accepted:
            self.compute_api.external_instance_event(context, instances, accepted)
        code = 200 if len(accepted) == len(told) else 207
        return wsgi.ResponseObject({'events': answers}, code=code)


def _judged(event, instance):
    """Return what is answered to an event."""
    if instance is None:
        code = 404
    elif event['name'] in NEED_A_TAG and event.get('tag') is None:
        code = 400
    else:
        code = 200 if instance.host else 422
    if code != 200:
        LOG.debug('Event %s:%s for server %s is dropped: %s.', event['name'], event.get('tag'), event['server_uuid'],
                  code)
    return {**event, 'status': 'completed' if code == 200 else 'failed', 'code': code}


def _event(context, event):
    return objects.InstanceExternalEvent(context, instance_uuid=event['server_uuid'], name=event['name'],
                                         status=event.get('status', 'completed'), tag=event.get('tag'), action_id=None)


class ServerExternalEvents(extensions.Extension):
    """Events of the network, volume, accelerator and bare metal services."""

    alias = 'os-server-external-events'
    name = 'ServerExternalEvents'
    resources = (extensions.Resource('os-server-external-events', ServerExternalEventsController),)
