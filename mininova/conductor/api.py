# SPDX-License-Identifier: Apache-2.0
"""Conductor's workflows as nova-api asks for them.  Nova: nova/conductor/api.py.

What is asked for here is already written in the database.  A message that cannot be sent is therefore no reason to
refuse: the reconciler in nova-conductor finds the work within `[reconciler] grace` + `interval` seconds.
"""
from oslo_log import log

from mininova import rpc
from mininova.conductor import rpcapi

LOG = log.getLogger(__name__)


class ComputeTaskAPI:
    """Wakes conductor up for builds and deletes."""

    def __init__(self):
        # Whoever waits for the answer to a request shall not wait for the bus.
        self.conductor_compute_rpcapi = rpcapi.ComputeTaskAPI(retry=1)

    def build_instances(self, context, instance_uuids, admin_password=None, injected_files=None):
        """Have servers built whose rows and request specs are written.

        :param injected_files: [[path, base64 content], ...]
        """
        self._wake('build_instances', context, instance_uuids=instance_uuids, admin_password=admin_password,
                   injected_files=injected_files)

    def migrate_server(self, context, instance):
        """Have a server moved whose resize or migration was accepted."""
        self._wake('migrate_server', context, instance=instance)

    def confirm_resize(self, context, instance):
        """Have a move confirmed whose old host is down."""
        self._wake('confirm_resize', context, instance=instance)

    def delete_unhosted(self, context, instance):
        """Have the deletion of a server finished that is on no host, or whose host is down."""
        self._wake('delete_unhosted', context, instance=instance)

    def unshelve_instance(self, context, instance):
        """Have a shelved server brought back; what was asked is in the action's record."""
        self._wake('unshelve_instance', context, instance=instance)

    def restore_unhosted(self, context, instance):
        """Have a server taken back that was deleted while it was on no host."""
        self._wake('restore_unhosted', context, instance=instance)

    def live_migrate_instance(self, context, instance, wait=False):
        """Have a running server moved to another host.

        :param wait: return when it is known whether it can be done; if nobody answers in time, the record tells later
        """
        self._wake('live_migrate_instance', context, instance=instance, wait=wait)

    def evacuate_instance(self, context, instance):
        """Have a server of a host that is down built on another one."""
        self._wake('evacuate_instance', context, instance=instance)

    def _wake(self, name, context, **kwargs):
        try:
            getattr(self.conductor_compute_rpcapi, name)(context, **kwargs)
        except rpc.MessagingException as error:
            LOG.warning('No message bus (%s): %s waits for the next round of the reconciler.', error, name)
