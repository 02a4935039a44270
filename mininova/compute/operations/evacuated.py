# SPDX-License-Identifier: Apache-2.0
"""What the old host of an evacuated server does when it is back.  Nova: _destroy_evacuated_instances.

It never runs such a guest again: the guest is turned off before anything else when the service starts, and removed when
the record of the evacuation says that the new host runs it.
"""
import contextlib

from oslo_log import log

from mininova import context as nova_context
from mininova import exception, objects
from mininova.compute import departures, power_state
from mininova.crashpoint import crashpoint
from mininova.objects import migration as migrations

LOG = log.getLogger(__name__)


class EvacuatedServers:
    """The servers that were evacuated from this host; no RPC endpoint.

    :param host: :class:`mininova.compute.operations.base.Host`
    """

    def __init__(self, host):
        self.host, self.driver = host, host.driver

    def settle_departures(self):
        """Turn off what is evacuated from here, and remove it when it runs elsewhere; called at start, and again."""
        admin = nova_context.get_admin_context(read_deleted='yes')
        records = objects.MigrationList.get_by_filters(admin, {
            'source_compute': self.host.name, 'migration_type': migrations.EVACUATION,
            'status': (*migrations.EVACUATION_IN_PROGRESS, 'done')})
        for record in records:
            if self.host.is_busy_with(record.instance_uuid):
                continue
            try:
                with self.host.busy_with(record.instance_uuid):
                    self._settle_departure(admin, record)
            except Exception:
                LOG.exception('What was evacuated from here (migration %s) could not be settled; tried again.',
                              record.id)

    def _settle_departure(self, admin, record):
        record = objects.Migration.get_by_id(admin, record.id)
        try:
            instance = objects.Instance.get_by_uuid(admin, record.instance_uuid)
        except exception.InstanceNotFound:
            instance = None
        if record.status in migrations.EVACUATION_IN_PROGRESS and instance is not None and not instance.deleted:
            self._turn_off(instance, record)
        elif record.status == 'done':
            if instance is not None and (instance.deleted or instance.host != self.host.name):
                self._remove(admin, instance, record)
            record.status = 'completed'
            record.save(expected_status='done')
            crashpoint('evacuate.E8.completed.after')

    def _turn_off(self, instance, record):
        with contextlib.suppress(exception.InstanceNotFound):
            if self.driver.get_info(instance).state in (power_state.RUNNING, power_state.PAUSED):
                LOG.warning('Turning the guest off: evacuation %s builds it on another host.', record.id,
                            instance=instance)
                self.driver.power_off(instance)
                crashpoint('evacuate.E6.turned_off.after')

    def _remove(self, admin, instance, record):
        keep = departures.are_disks_shared(record, self.host.name) and not instance.deleted
        LOG.warning('Removing the server here: evacuation %s brought it to %s.', record.id, record.dest_compute,
                    instance=instance)
        network_info = instance.get_network_info()
        self.driver.destroy(admin, instance, network_info, destroy_disks=not keep)
        crashpoint('evacuate.E7.destroyed.after')
        self.driver.cleanup(admin, instance, network_info, destroy_disks=not keep)
        self.host.network_api.cleanup_instance_on_host(admin, instance, self.host.name)
        node_id = (record.data or {}).get('source_node_id')
        if node_id is not None:
            objects.AllocationList.release(admin, instance.uuid, 'migration', node_id)
        crashpoint('evacuate.E7.removed.after')
