# SPDX-License-Identifier: Apache-2.0
"""How the history of a server is shown.  Nova: nova/api/openstack/compute/instance_actions.py,
views/instance_actions.py.
"""
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common
from mininova.api.openstack.compute.views import server_fields
from mininova.policies import instance_actions as policies


class ViewBuilder(common.ViewBuilder):
    """Takes objects.InstanceAction and InstanceActionEvent."""

    @staticmethod
    def _action(req, action):
        shown = {name: getattr(action, name) for name in (
            'action', 'instance_uuid', 'request_id', 'user_id', 'project_id', 'message')}
        shown['start_time'] = server_fields.exact(action.start_time)
        if versions.is_supported(req, '2.58'):
            shown['updated_at'] = server_fields.exact(action.updated_at)
        return shown

    def index(self, req, server_id, actions, limit=None):
        """Return a server's actions; from 2.58 on with a link to the next page."""
        answer = {'instanceActions': [self._action(req, action) for action in actions]}
        if limit and len(actions) == limit:
            href = self._get_next_link(req, actions[-1].request_id, f'servers/{server_id}/os-instance-actions')
            answer['links'] = [{'rel': 'next', 'href': href}]
        return answer

    def show(self, req, instance, action, events):
        """Return one action with its events.

        :param events: None if the caller may not see them
        """
        shown = self._action(req, action)
        if events is not None:
            context = req.environ['nova.context']
            target = {'project_id': instance.project_id, 'user_id': instance.user_id}
            all_of_it = context.can(policies.EVENTS, target=target, fatal=False)
            details = versions.is_supported(req, '2.84') and context.can(policies.EVENTS_DETAILS, target=target,
                                                                         fatal=False)
            shown['events'] = [self._event(req, instance, event, all_of_it, details) for event in events]
        return {'instanceAction': shown}

    @staticmethod
    def _event(req, instance, event, all_of_it, details):
        shown = {'event': event.event, 'start_time': server_fields.exact(event.start_time),
                 'finish_time': server_fields.exact(event.finish_time), 'result': event.result}
        if all_of_it:
            shown['traceback'] = event.traceback
        if versions.is_supported(req, '2.62'):
            shown['hostId'] = server_fields.host_id(instance.project_id, event.host)
            if all_of_it:
                shown['host'] = event.host
        if details:
            shown['details'] = event.details
        return shown
