# SPDX-License-Identifier: Apache-2.0
"""All periodic work of nova-compute; each task looks at this host only.  Nova: the periodic tasks of
nova/compute/manager.py."""
from oslo_log import log

import mininova.conf
from mininova import context, exception, objects
from mininova.compute import usage_audit, waiting
from mininova.compute.operations import interfaces, resize_decision

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

NEVER = 365 * 24 * 3600
USAGE_AUDIT_SPACING = 60  # seconds between two looks whether a period is over


def _spacing(name):
    """Return a function that reads an interval option; 0 or less means never."""
    return lambda: getattr(CONF, name) if getattr(CONF, name) > 0 else NEVER


class PeriodicTasks:
    def __init__(self, manager):
        self.manager = manager
        self._to_heal = []
        self._usage_audit = usage_audit.UsageAudit(manager.host)

    def tasks(self):
        """Return (spacing, function, initial delay) of each task."""
        return [
            (_spacing('update_resources_interval'), self.update_available_resource, None),
            (lambda: CONF.reconciler.interval, self.reconcile, None),
            (_spacing('sync_power_state_interval'), self.sync_power_states, None),
            (_spacing('heal_instance_info_cache_interval'), self.heal_network_info, None),
            (lambda: CONF.resize_confirm_interval, self.confirm_overdue_moves, None),
            (_spacing('image_cache_manager_interval'), self.manage_image_cache, None),
            (lambda: max(CONF.consoleauth.token_ttl, 60), self.clean_expired_console_auths, None),
            (lambda: USAGE_AUDIT_SPACING, self.audit_usage, None),
            (waiting.spacing, self.reclaim_deleted, None),
            (_spacing('shelved_poll_interval'), self.offload_shelved, None),
        ]

    def audit_usage(self):
        """Tell who ran in the last period that is over."""
        self._usage_audit.run(context.get_admin_context())

    def update_available_resource(self):
        self.manager.tracker.update_available_resource(context.get_admin_context())

    def reconcile(self):
        self.manager.reconciler.run()
        self.manager.reconciler.remove_strays()
        self.manager.evacuated.settle_departures()

    def confirm_overdue_moves(self):
        resize_decision.confirm_overdue(context.get_admin_context(), self.manager.host,
                                        self.manager.resize_decision.compute_rpcapi)

    def sync_power_states(self):
        """Compare every guest of this host with its record: for events that were lost."""
        for instance in objects.InstanceList.get_by_host(context.get_admin_context(), self.manager.host):
            try:
                self.manager.lifecycle.sync_listed(instance)
            except exception.HypervisorUnavailable:
                raise
            except Exception:
                LOG.exception('The power state could not be compared.', instance=instance)

    def heal_network_info(self):
        """Write what the network's records say of the cards of one server, the next one each time."""
        admin = context.get_admin_context()
        if not self._to_heal:
            self._to_heal = [instance.uuid for instance in objects.InstanceList.get_by_host(admin, self.manager.host)]
        if self._to_heal:
            interfaces.heal(self.manager, admin, self._to_heal.pop())

    def reclaim_deleted(self):
        """Delete for good what was deleted reclaim_instance_interval ago."""
        for instance in waiting.accept_reclaims(self.manager.host):
            self.manager.delete.terminate_instance(instance._context, instance)

    def offload_shelved(self):
        """Free this host of what was shelved shelved_offload_time ago."""
        for instance in waiting.accept_offloads(self.manager.host):
            self.manager.shelve.shelve_offload_instance(instance._context, instance, clean_shutdown=False)

    def manage_image_cache(self):
        admin = context.get_admin_context()
        self.manager.driver.manage_image_cache(admin, list(objects.InstanceList.get_by_host(admin, self.manager.host)))

    def clean_expired_console_auths(self):
        """Forget tokens of consoles that are over."""
        objects.ConsoleAuthToken.clean_expired_console_auths(context.get_admin_context())
