# SPDX-License-Identifier: Apache-2.0
"""Resize, cold migration, and the decision on them; runs in nova-api.

Nova: resize, confirm_resize and revert_resize of nova/compute/api.py.

While a resize is not decided the server counts with the larger of its two flavors: its row carries that many VCPUs and
that much memory from the transaction that accepts the resize on, so that a quota holds whatever is decided.
"""
from mininova import exception, objects, quota, servicegroup
from mininova.compute import action, create_image, state_machine, vm_states
from mininova.crashpoint import crashpoint
from mininova.objects import migration as migrations
from mininova.pci import request
from mininova.virt import hardware


class MoveActions:
    """Part of :class:`mininova.compute.api.API`."""

    def resize(self, context, instance, flavor_id, auto_disk_config=None):
        """Give a server another flavor; where it will run is the scheduler's choice.

        :param flavor_id: the API's id
        :param auto_disk_config: whether the guest's partition is to grow with its disk; None leaves that as it is
        :raises FlavorNotFound, CannotResizeToSameFlavor, CannotResizeDisk: (400)
        :raises FlavorMemoryTooSmall, FlavorDiskTooSmall: the server's image does not fit (400)
        :raises AutoDiskConfigDisabledByImage: (400)
        :raises PciRequestAliasNotDefined and other Invalid: what the flavor asks of the host's hardware (400)
        :raises TooManyInstances: (403)
        :raises ServiceUnavailable: the host of the server is down (409)
        """
        action.check_action(context, instance, 'resize')
        _check_auto_disk_config(instance, auto_disk_config)
        flavor = _get_new_flavor(context, instance, flavor_id)
        pci_requests = request.describe_requests(flavor, instance.image_meta)
        self._require_host_up(context, instance)
        values = {'vcpus': max(flavor.vcpus, instance.flavor.vcpus),
                  'memory_mb': max(flavor.memory_mb, instance.flavor.memory_mb)}
        if auto_disk_config is not None:
            values['auto_disk_config'] = auto_disk_config
        project_limits, user_limits = quota.get_limits(context, instance.project_id, instance.user_id)
        limits = {'project_id': instance.project_id, 'user_id': instance.user_id, 'project_limits': project_limits,
                  'user_limits': user_limits,
                  'deltas': {'cores': flavor.vcpus - instance.flavor.vcpus,
                             'ram': flavor.memory_mb - instance.flavor.memory_mb}}
        self._accept_move(context, instance, 'resize', {'flavor': flavor.flavorid}, values, limits,
                   migrations.Migration.pack(context, instance, migrations.RESIZE, flavor, pci_requests))

    def migrate(self, context, instance, host=None):
        """Bring a server to another host, powered off on the way.

        :param host: which; None leaves it to the scheduler
        :raises ComputeHostNotFound, CannotMigrateToSameHost: (400)
        :raises ServiceUnavailable: the host of the server is down (409)
        """
        action.check_action(context, instance, 'migrate')
        if host is not None:
            if not len(objects.ComputeNodeList.get_all(context.elevated(), host=host)):
                raise exception.ComputeHostNotFound(host=host, code=400)
            if host == instance.host:
                raise exception.CannotMigrateToSameHost()
        self._require_host_up(context, instance)
        self._accept_move(context, instance, 'migrate', {'host': host}, None, None,
                   migrations.Migration.pack(context, instance, migrations.MIGRATION))

    def _require_host_up(self, context, instance):
        if not servicegroup.host_is_up(context, instance.host):
            raise exception.ServiceUnavailable(reason='the compute host of the server is down', code=409)

    def _accept_move(self, context, instance, name, arguments, values, limits, record):
        # Both flavors were compared with the one the server has: it must still have it.
        expected = {'host': instance.host, 'flavorid': instance.flavor.flavorid}
        crashpoint('resize.R1.accepted.before')
        action.accept_action(context, instance, name, arguments, expected=expected, values=values, migration=record,
                             limits=limits)
        crashpoint('resize.R1.accepted.after')
        self.compute_task_api.migrate_server(context, instance)

    def confirm_resize(self, context, instance):
        """Keep a moved server where it is and forget where it was.

        :raises MigrationNotFoundByStatus: it was not moved (400)
        """
        record = accept_confirmation(context, instance)
        if servicegroup.host_is_up(context, record.source_compute):
            action.send(self.compute_rpcapi.confirm_resize, context, record.source_compute, instance, record)
        else:
            self.compute_task_api.confirm_resize(context, instance)

    def revert_resize(self, context, instance):
        """Bring a moved server back to its old host and flavor.

        :raises MigrationNotFoundByStatus: it was not moved (400)
        """
        action.check_action(context, instance, 'revert_resize')
        record = _undecided(context, instance, 'revert_resize')
        action.accept_action(context, instance, 'revert_resize', {'migration_id': record.id},
                             expected={'host': instance.host}, migration={
            'id': record.id, 'expected_status': 'finished', 'status': 'reverting'})
        crashpoint('revert.V1.accepted.after')
        action.send(self.compute_rpcapi.revert_resize, context, instance, record)


def accept_confirmation(context, instance, by_service=False):
    """Accept that a moved server stays; also for the servers that nobody decides on in time (nova-compute).

    :raises InstanceIsLocked, InstanceInvalidState: (409)
    :raises MigrationNotFoundByStatus: it was not moved (400)
    """
    if not by_service:
        action.check_action(context, instance, 'confirm_resize')
    record = _undecided(context, instance, 'confirm_resize')
    action.accept_action(context, instance, 'confirm_resize', {'migration_id': record.id}, by_service=by_service,
                         expected={'host': instance.host}, migration={
        'id': record.id, 'expected_status': 'finished', 'status': 'confirming'})
    crashpoint('resize.R12.confirm_accepted.after')
    return record


def _undecided(context, instance, name):
    try:
        return objects.Migration.get_current(context.elevated(), instance.uuid, statuses=['finished'])
    except exception.MigrationNotFoundByStatus as error:
        instance.refresh()
        state_machine.check(name, instance)  # somebody decided just now
        raise exception.MigrationNotFoundByStatus('Instance has not been resized.', code=400) from error


def _check_auto_disk_config(instance, wanted):
    value = instance.system_metadata.get('image_auto_disk_config')
    if wanted and str(value).strip().lower() == 'disabled':
        raise exception.AutoDiskConfigDisabledByImage(image=instance.image_ref)


def _get_new_flavor(context, instance, flavor_id):
    """Return the flavor that a resize names, checked against the server's flavor and image."""
    current = instance.flavor
    try:
        flavor = objects.Flavor.get_by_flavor_id(context, flavor_id)
    except exception.FlavorNotFound as error:
        raise exception.FlavorNotFound(flavor_id=flavor_id, code=400) from error
    if flavor.root_gb == 0 and current.root_gb != 0:
        raise exception.CannotResizeDisk(reason='Resize to zero disk flavor is not allowed.')
    if flavor.id == current.id:
        raise exception.CannotResizeToSameFlavor()
    if flavor.disabled:
        raise exception.FlavorNotFound(flavor_id=flavor_id, code=400)
    for name, old, new in (('root', current.root_gb, flavor.root_gb),
                           ('ephemeral', current.ephemeral_gb, flavor.ephemeral_gb)):
        if new < old:
            raise exception.CannotResizeDisk(
                reason=f'Cannot resize a disk smaller: the {name} disk has {old} GB, the flavor {new} GB.')
    hardware.validate(flavor, instance.image_meta)
    image = {name: instance.system_metadata.get(f'image_{name}') for name in ('min_ram', 'min_disk', 'size')}
    if flavor.root_gb or flavor.memory_mb < int(image['min_ram'] or 0):
        create_image.check_against_flavor(context, image, flavor)
    return flavor


def decided_vm_state(record):
    """Return the vm_state that a server had before a move."""
    return vm_states.STOPPED if record.old_vm_state == vm_states.STOPPED else vm_states.ACTIVE
