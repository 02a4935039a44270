# SPDX-License-Identifier: Apache-2.0
"""Messages sent again whose secrets only a service with the database can read.

A compute host that finds an accepted rebuild or rescue with nobody at work asks for its message; the record of the
action has the arguments, password and files sealed (compute/sealing.py).  New here: in Nova such a message is lost.
"""
from oslo_log import log

from mininova import exception, objects
from mininova.compute import instance_actions, sealing
from mininova.compute import rpcapi as compute_rpcapi

LOG = log.getLogger(__name__)


class RedeliverTask:
    """Sends messages of accepted actions again."""

    def __init__(self):
        self.compute_rpcapi = compute_rpcapi.ComputeAPI()

    def execute(self, context, instance):
        """Send the message of a server's current action to its host; a repeat does no harm there."""
        admin = context.elevated()
        try:
            current = objects.Instance.get_by_uuid(admin, instance.uuid, expected_attrs=['metadata', 'tags'])
        except exception.InstanceNotFound:
            return
        record = objects.InstanceAction.get_current(admin, current.uuid, current.action_id)
        if record is None or current.action_id != instance.action_id or not current.host:
            return
        arguments = record.arguments or {}
        password, files = sealing.unseal(arguments['sealed']) if arguments.get('sealed') else (None, [])
        LOG.info('Sending the message of action %s again.', record.action, instance=current)
        if record.action == instance_actions.REBUILD:
            self.compute_rpcapi.rebuild_instance(
                context, current, preserve_ephemeral=arguments.get('preserve_ephemeral', False), password=password,
                injected_files=files)
        elif record.action == instance_actions.RESCUE:
            self.compute_rpcapi.rescue_instance(context, current, password=password,
                                                image_id=arguments.get('image_id'))
