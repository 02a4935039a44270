# SPDX-License-Identifier: Apache-2.0
"""The manager's side of the driver contract (:class:`mininova.virt.virtapi.VirtAPI`).  Nova: ComputeVirtAPI."""
import contextlib

from oslo_log import log

from mininova import context, exception, objects
from mininova.compute import instance_events, instance_metadata
from mininova.virt import virtapi

LOG = log.getLogger(__name__)

DOWN_REASON = 'AUTO: Connection to the hypervisor lost'


class ComputeVirtAPI(virtapi.VirtAPI):
    """What the driver may ask of nova-compute."""

    def __init__(self, manager):
        self._manager = manager

    def config_drive_files(self, instance, network_info, admin_password, injected_files):
        """Return {path: bytes} of the config drive."""
        extra = {'admin_pass': admin_password} if admin_password else {}
        return self._documents(instance, network_info, content=injected_files,
                               extra_md=extra).metadata_for_config_drive()

    def renew_config_drive_files(self, files, instance, network_info):
        """Write into the files of a config drive where the devices are; tell whether it makes a difference."""
        return self._documents(instance, network_info).renew_devices(files)

    def _documents(self, instance, network_info, **more):
        admin = context.get_admin_context()
        devices = objects.BlockDeviceMappingList.get_by_instance_uuid(admin, instance.uuid)
        groups = self._manager.parts.network_api.get_security_group_names(admin, instance)
        return instance_metadata.InstanceMetadata(instance, network_info, block_devices=devices, security_groups=groups,
                                                  **more)

    @contextlib.contextmanager
    def wait_for_instance_event(self, instance, event_names, deadline=300, error_callback=None):
        """Do the body, then wait until events came; they may come while the body runs.

        :raises InstanceEventTimeout: not all came within `deadline` seconds
        :raises NovaException: one reports failure, and there is no `error_callback`
        :raises StaleAction: something else was asked of the server meanwhile
        """
        registry = self._manager.instance_events
        waiters = {name: registry.prepare_for_instance_event(instance, *name) for name in map(tuple, event_names)}
        try:
            yield
            instance_events.await_all(instance, waiters, deadline, error_callback or _refuse, self.is_overtaken)
        finally:
            registry.clear_events_for_instance(instance, waiters)

    def is_overtaken(self, instance):
        """Say whether another action took the place of the one an instance carries.

        The database is asked only while another operation waits for the same server.
        """
        if not self._manager.parts.is_waited_for(instance.uuid):
            return False
        try:
            current = objects.Instance.get_by_uuid(context.get_admin_context(), instance.uuid, expected_attrs=())
        except exception.InstanceNotFound:
            return True
        return current.action_id != instance.action_id

    def host_available(self, available, reason=None):
        """Keep the scheduler off this host while the hypervisor does not answer.

        A host that an administrator disabled stays disabled.
        """
        admin = context.get_admin_context()
        try:
            service = objects.Service.get_by_compute_host(admin, self._manager.host)
        except exception.ComputeHostNotFound:
            return
        by_us = service.disabled and (service.disabled_reason or '').startswith(DOWN_REASON)
        if available and by_us:
            service.disabled, service.disabled_reason = False, None
        elif not available and not service.disabled:
            service.disabled, service.disabled_reason = True, f'{DOWN_REASON}: {reason}'[:255]
        else:
            return
        service.save()
        LOG.warning('The hypervisor is %s; the host is %s.', 'back' if available else 'away',
                    'enabled' if available else 'disabled')


def _refuse(event_name, instance):
    raise exception.NovaException(f'Instance event failed: {event_name}')
