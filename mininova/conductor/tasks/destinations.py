# SPDX-License-Identifier: Apache-2.0
"""Room on another host for a server that leaves its own while it runs, or because its host is down (nova-conductor).

The server's claim becomes that of its migration, so that the scheduler claims anew.  Everything may be repeated: what
an earlier try claimed is found again, or given back because the record says that it was in vain.
Nova: parts of nova/conductor/tasks/live_migrate.py and of rebuild_instance in nova/conductor/manager.py.
"""
from mininova import availability_zones, exception, objects, servicegroup
from mininova.compute import faults, moves
from mininova.objects import migration as migrations
from mininova.scheduler.client import query


class Destinations:
    """Chooses and claims."""

    def __init__(self):
        self.query_client = query.SchedulerQueryClient()

    def choose(self, context, instance, record, arguments):
        """Claim a host and write it into the record, which the caller saves.

        :param arguments: of the accepted action: 'host' and 'force' are read
        :raises NoValidHost: there is none, or none that was not tried (400)
        :raises ComputeServiceUnavailable, UnableToMigrateToSelf, MigrationPreCheckError: the forced one cannot (400)
        """
        data = dict(record.data or {})
        source = self._find_source(context, record)
        if source is not None:
            objects.AllocationList.keep_for_migration(context, instance.uuid, source.id)
            data['source_node_id'] = source.id
        spec = self._spec(context, instance, record, arguments)
        if arguments.get('force'):
            node = self._claim_forced(context, instance, spec, arguments['host'])
        else:
            chosen = self._select(context, instance, spec)
            node = objects.ComputeNode.get_by_id(context, chosen['compute_node_id'])
        data.update(dest_node_id=node.id, zone=availability_zones.get_host_availability_zone(context, node.host),
                    **moves.claimed_hardware(context, instance, spec, node.id))
        record.dest_compute, record.dest_node, record.dest_host = node.host, node.hypervisor_hostname, node.host_ip
        record.data = data
        return source, node

    @staticmethod
    def _find_source(context, record):
        try:
            return objects.ComputeNode.get_by_host_and_nodename(context, record.source_compute, record.source_node)
        except exception.ComputeHostNotFound:
            return None

    @staticmethod
    def _spec(context, instance, record, arguments):
        """Return the server's request as it is for this move; it is not stored."""
        spec = objects.RequestSpec.get_by_instance_uuid(context, instance.uuid)
        spec.flavor, spec.num_instances = instance.flavor, 1
        spec.force_hosts, spec.force_nodes = [], []
        spec.requested_host, spec.requested_node = arguments.get('host'), None
        spec.ignore_hosts = [record.source_compute]
        spec.attempts = list((record.data or {}).get('attempts') or [])
        if record.migration_type == migrations.LIVE:
            numa_topology = instance.get_numa_topology()
            spec.kept_pagesizes = [cell.pagesize for cell in numa_topology.cells] if numa_topology else []
        return spec

    def _select(self, context, instance, spec):
        try:
            return self.query_client.select_destinations(context, spec, [instance.uuid], return_alternates=False)[0][0]
        except exception.NoValidHost as error:
            if spec.attempts:
                raise exception.MaxRetriesExceeded(
                    reason=f'{faults.tell_attempts(spec.attempts)} {error.format_message()}') from error
            raise

    @staticmethod
    def _claim_forced(context, instance, spec, host):
        if host in spec.ignore_hosts:
            raise exception.UnableToMigrateToSelf(instance_id=instance.uuid, host=host)
        if not servicegroup.host_is_up(context, host):
            raise exception.ComputeServiceUnavailable(host=host)
        for node in objects.ComputeNodeList.get_all(context, host=host):
            if node.claim(instance.uuid, *spec.to_claim()):
                return node
        raise exception.MigrationPreCheckError(
            reason=f'{host} has no room for {spec.flavor.vcpus} VCPUs, {spec.flavor.memory_mb} MB memory and '
                   f'{spec.disk_gb} GB disk{spec.describe_hardware()}, or the '
                   'server group of the server forbids it')


def load(context, instance, task_states, kind, statuses):
    """Return (server, record of its move, arguments of its action), or None when the move is not conductor's to drive.

    :param kind: of the migration record
    """
    try:
        found = objects.Instance.get_by_uuid(context, instance.uuid, expected_attrs=['metadata', 'tags'])
        record = objects.Migration.get_current(context, found.uuid, found.action_id)
    except (exception.InstanceNotFound, exception.MigrationNotFound):
        return None
    if found.action_id is None or found.task_state not in task_states:
        return None
    if record.migration_type != kind or record.status not in statuses:
        return None
    action = objects.InstanceAction.get_current(context, found.uuid, found.action_id)
    return found, record, (action and action.arguments) or {}
