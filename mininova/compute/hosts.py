# SPDX-License-Identifier: Apache-2.0
"""HostAPI: services and hypervisors (nova-api).  Nova: ``HostAPI`` of nova/compute/api.py.

Lists are plain records from the database, not objects: a cloud has thousands of hosts.
"""
import logging

from oslo_utils import uuidutils

from mininova import exception, objects, rpc, servicegroup
from mininova.compute import rpcapi
from mininova.objects import hypervisor_rows

LOG = logging.getLogger(__name__)

MAX_ID = 0x7FFFFFFF


class HostAPI:
    """What an administrator may ask of services and hosts."""

    def __init__(self):
        self.compute_rpcapi = rpcapi.ComputeAPI()

    # -- services --

    def service_get_all(self, host=None, binary=None):
        """Return records of services, those of one host or binary if named."""
        return objects.ServiceList.get_rows(host=host, binary=binary)

    def service_get_by_id(self, context, service_id):
        """Return a service by uuid (text) or number.

        :raises ServiceNotFound: (404)
        """
        if not isinstance(service_id, int):
            return objects.Service.get_by_uuid(context, service_id)
        if not 0 < service_id <= MAX_ID:
            raise exception.ServiceNotFound(service_id=service_id)
        return objects.Service.get_by_id(context, service_id)

    def service_update_by_host_and_binary(self, context, host, binary, values):
        """Change a nova-compute.

        :raises HostBinaryNotFound: (404)
        :raises InvalidInput: another service, or the host has not cleaned up after an evacuation (400)
        """
        self.check_is_compute(binary)
        service = objects.Service.get_by_host_and_binary(context, host, binary)
        for name, value in values.items():
            setattr(service, name, value)
        self.service_update(context, service)

    @staticmethod
    def usage_audits(context, begin, end):
        """Return what the hosts' audits of a period came to.  Nova: ``task_log_get_all``."""
        return list(objects.TaskLogList.get_all(context, 'instance_usage_audit', begin, end))

    @staticmethod
    def find_compute(context, host):
        """Return the nova-compute of a host.

        :raises ComputeHostNotFound: (404)
        """
        return objects.Service.get_by_compute_host(context, host)

    def service_update(self, context, service):
        """Store what was changed of a service."""
        if 'forced_down' in service.obj_what_changed() and not service.forced_down:
            self._check_evacuations(context, service.host)
        service.save()
        LOG.info('Service %s on %s: disabled=%s (%s), forced_down=%s', service.binary, service.host, service.disabled,
                 service.disabled_reason, service.forced_down)

    @staticmethod
    def check_is_compute(binary):
        """Refuse to change other services: nothing reads their flags.

        :raises InvalidInput: (400)
        """
        if binary != 'nova-compute':
            raise exception.InvalidInput(reason=f'Updating a {binary} service is not supported. Only nova-compute '
                                                'services can be updated.')

    @staticmethod
    def _check_evacuations(context, host):
        count = objects.Service.count_unfinished_evacuations(context, host)
        if count:
            raise exception.InvalidInput(
                reason=f'Unable to force up host {host}: {count} servers were evacuated from it and its nova-compute '
                       'has not cleaned up after them. Restart it first.')

    # -- hypervisors --

    def hypervisor_get(self, hypervisor_id):
        """Return a hypervisor by uuid (text) or number.

        :raises NotFound: (404)
        """
        known = not isinstance(hypervisor_id, int) or 0 < hypervisor_id <= MAX_ID
        found = hypervisor_rows.get(hypervisor_id) if known else None
        if found is None:
            raise exception.NotFound(f"Hypervisor with ID '{hypervisor_id}' could not be found.")
        return found

    def hypervisor_get_all(self, limit=None, marker=None):
        """Return a page of hypervisors.

        :param marker: uuid or number of the last one seen, as text
        :raises MarkerNotFound: (400)
        """
        if marker is not None and not uuidutils.is_uuid_like(marker):
            marker = _number(marker)
        return hypervisor_rows.list_all(limit=limit, marker=marker)

    def hypervisor_search(self, pattern):
        """Return the hypervisors with a text in their names.

        :raises NotFound: there is none (404)
        """
        found = hypervisor_rows.list_all(hostname_pattern=pattern)
        if not found:
            raise exception.NotFound(f"No hypervisor matching '{pattern}' could be found.")
        return found

    def get_servers_by_host(self, hypervisors):
        """Return {host: [{'uuid', 'name'}]} for some hypervisors."""
        return hypervisor_rows.servers_by_host({hypervisor.host for hypervisor in hypervisors})

    def get_host_resources(self, host):
        """Return (hypervisor of a host, [{'project_id', 'vcpus', 'memory_mb', 'disk_gb'}] of its servers by project).

        :raises ComputeHostNotFound: (404)
        """
        return hypervisor_rows.get_by_host(host), hypervisor_rows.projects_on(host)

    def get_statistics(self):
        """Return the sums over all hypervisors whose service is enabled."""
        return hypervisor_rows.statistics()

    def get_host_uptime(self, context, hypervisor):
        """Ask a host how long it is up.

        :raises ComputeServiceUnavailable: its nova-compute does not answer (400)
        :raises NotSupported: the driver cannot tell (501)
        """
        if not servicegroup.service_is_up(hypervisor.service):
            raise exception.ComputeServiceUnavailable(host=hypervisor.host)
        try:
            return self.compute_rpcapi.get_host_uptime(context, hypervisor.host)
        except rpc.MessagingTimeout as error:
            raise exception.ComputeServiceUnavailable(host=hypervisor.host) from error

    def find_host_uptime(self, context, hypervisor):
        """Return the same, or None if the host does not answer or cannot tell."""
        try:
            return self.get_host_uptime(context, hypervisor)
        except (exception.ComputeServiceUnavailable, exception.NotSupported, NotImplementedError):
            return None


def _number(text):
    """Return a marker that is a number.

    :raises MarkerNotFound: it is none, or none that a record can have (400)
    """
    number = int(text) if text.isdecimal() and text.isascii() and len(text) < 11 else 0
    if not 0 < number <= MAX_ID:
        raise exception.MarkerNotFound(marker=text)
    return number
