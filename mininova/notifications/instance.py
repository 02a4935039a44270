# SPDX-License-Identifier: Apache-2.0
"""Notifications about servers, legacy (`compute.instance.*`) and versioned (`instance.*`).

Nova: nova/notifications/base.py, nova/compute/utils.py (notify_about_instance_*).  Nothing is built while no driver is
configured.  Payloads never hold passwords, user data or tokens.
"""
from oslo_log import log
from oslo_utils import timeutils

import mininova.conf
from mininova import rpc
from mininova.compute import audit_period, power_state

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

PAYLOADS = {'create': ('InstanceCreatePayload', '1.12'), 'snapshot': ('InstanceActionSnapshotPayload', '1.9'),
            'resize_prep': ('InstanceActionResizePrepPayload', '1.3'),
            'rebuild': ('InstanceActionRebuildPayload', '1.9'), 'rescue': ('InstanceActionRescuePayload', '1.3')}
DEFAULT_PAYLOAD = ('InstanceActionPayload', '1.9')
ERROR_PRIORITY = 'ERROR'

# Legacy event names differ from the versioned ones for some actions.
LEGACY_NAMES = {
    'resize_prep': 'resize.prep', 'resize_finish': 'finish_resize', 'resize_confirm': 'resize.confirm',
    'resize_revert': 'resize.revert',
    'power_off': 'power_off', 'power_on': 'power_on', 'live_migration_pre': 'live_migration.pre',
    'live_migration_post': 'live_migration._post', 'live_migration_post_dest': 'live_migration.post.dest',
    'live_migration_rollback': 'live_migration._rollback',
    'live_migration_rollback_dest': 'live_migration.rollback.dest', 'live_migration_abort': 'live.migration.abort',
    'live_migration_force_complete': 'live.migration.force.complete'}
NEVER_LEGACY = frozenset({'lock', 'unlock'})
# Before these begin billing hears how the server was in the period that is not over yet.
USAGE_FIRST = frozenset({'rebuild', 'rescue', 'resize_prep', 'resize_revert', 'shelve'})

SOURCE_API, SOURCE_COMPUTE, SOURCE_CONDUCTOR = 'nova-api', 'nova-compute', 'nova-conductor'


def enabled(kind):
    """Tell whether notifications of a kind ('versioned', 'unversioned') are sent."""
    drivers = CONF.oslo_messaging_notifications.driver
    return bool(drivers) and drivers != ['noop'] and CONF.notifications.notification_format in (kind, 'both')


def notify_about_instance_action(context, instance, host, action, phase=None, error=None, source=None,
                                 more=None):
    """Tell that an action on a server began, ended or failed.

    :param host: the compute host, or None when conductor or nova-api acts
    :param action: 'create', 'delete', 'power_on', 'power_off', 'reboot', ...
    :param phase: 'start', 'end', 'error' or None
    :param error: the exception of phase 'error'
    :param source: which service tells, where `host` alone does not say it
    :param more: fields that only notifications of this action have, e.g. snapshot_image_id; new_flavor is a Flavor
    """
    try:
        if host and phase == 'start' and action in USAGE_FIRST:
            notify_usage_exists(context, instance, host, *audit_period.current())
        if enabled('unversioned') and action not in NEVER_LEGACY:
            _send_legacy(context, instance, host, action, phase, error, (more or {}).get('new_flavor'))
        if enabled('versioned'):
            source = source or (SOURCE_COMPUTE if host else SOURCE_CONDUCTOR)
            _send_versioned(context, instance, f'{source}:{host or CONF.host}', action, phase, error, more)
    except Exception:
        LOG.exception('A notification could not be sent.', instance=instance)


def notify_usage_exists(context, instance, host, begin, end):
    """Tell that a server existed in a period; unlike the others it lets errors out, so that they can be counted.

    :param begin: naive datetime, UTC, as `end`
    """
    if enabled('unversioned'):
        payload = {**_legacy_payload(instance), 'audit_period_beginning': str(begin), 'audit_period_ending': str(end)}
        rpc.get_notifier(f'compute.{host}').info(context, 'compute.instance.exists', payload)
    if enabled('versioned'):
        data = _versioned_payload(context, instance, None)
        del data['fault'], data['request_id']
        data['audit_period'] = _envelope('AuditPeriodPayload', '1.0', {
            'audit_period_beginning': _iso(begin), 'audit_period_ending': _iso(end)})
        rpc.get_versioned_notifier(f'{SOURCE_COMPUTE}:{host}').info(
            context, 'instance.exists', _envelope('InstanceExistsPayload', '2.1', data))


def notify_about_refusal(context, instance, action, error, more=None):
    """Tell that conductor gave an action up before a host began with it: as of any other, a start and an error."""
    for phase in ('start', 'error'):
        notify_about_instance_action(context, instance, None, action, phase, error if phase == 'error' else None,
                                     more=more)


def _event(prefix, action, phase):
    return '.'.join(part for part in (prefix, action, phase) if part)


def _send_legacy(context, instance, host, action, phase, error, new_flavor=None):
    notifier = rpc.get_notifier(f'compute.{host or CONF.host}')
    payload = _legacy_payload(instance)
    if new_flavor is not None:
        payload.update(new_instance_type=new_flavor.name, new_instance_type_id=new_flavor.id)
    if error is not None:
        payload.update(exception=type(error).__name__, code=getattr(error, 'code', 500), message=_safe(error))
    send = notifier.error if phase == 'error' else notifier.info
    send(context, _event('compute.instance', LEGACY_NAMES.get(action, action), phase), payload)


def _safe(error):
    return error.format_message() if getattr(error, 'safe', False) else type(error).__name__


def _time(value):
    return value.replace(tzinfo=None).isoformat() if value else ''


def _legacy_payload(instance):
    flavor = instance.flavor
    image = {key[6:]: value for key, value in instance.system_metadata.items() if key.startswith('image_')}
    return {
        'tenant_id': instance.project_id, 'user_id': instance.user_id, 'instance_id': instance.uuid,
        'display_name': instance.display_name, 'reservation_id': instance.reservation_id, 'hostname': instance.hostname,
        'instance_type': flavor.name, 'instance_type_id': flavor.id, 'instance_flavor_id': flavor.flavorid,
        'architecture': instance.architecture, 'memory_mb': flavor.memory_mb,
        'disk_gb': flavor.root_gb + flavor.ephemeral_gb,
        'vcpus': flavor.vcpus, 'root_gb': flavor.root_gb, 'ephemeral_gb': flavor.ephemeral_gb, 'host': instance.host,
        'node': instance.node, 'availability_zone': instance.availability_zone, 'cell_name': '',
        'created_at': _time(instance.created_at), 'terminated_at': _time(instance.terminated_at),
        'deleted_at': _time(instance.deleted_at), 'launched_at': _time(instance.launched_at),
        'image_ref_url': f'images/{instance.image_ref}' if instance.image_ref else '', 'os_type': instance.os_type,
        'kernel_id': instance.kernel_id, 'ramdisk_id': instance.ramdisk_id, 'state': instance.vm_state,
        'state_description': instance.task_state or '', 'progress': int(instance.progress or 0),
        'access_ip_v4': instance.access_ip_v4, 'access_ip_v6': instance.access_ip_v6,
        'image_meta': image, 'metadata': _loaded(instance, 'metadata', {}),
        'fixed_ips': [dict(address, vif_mac=vif['address'], label=vif['network']['label'])
                      for vif in instance.get_network_info() for address in vif.fixed_ips()],
    }


def _loaded(instance, name, default):
    return getattr(instance, name) if instance.obj_attr_is_set(name) else default


def _send_versioned(context, instance, publisher, action, phase, error, more):
    name, version = PAYLOADS.get(action, DEFAULT_PAYLOAD)
    data = _versioned_payload(context, instance, error)
    if action == 'create':
        data.update(keypairs=_keypairs(instance), tags=_loaded(instance, 'tags', []), instance_name=instance.name,
                    trusted_image_certificates=None)
    data.update(more or {})
    if 'new_flavor' in data:
        data['new_flavor'] = _flavor(data['new_flavor'])
    payload = _envelope(name, version, data)
    notifier = rpc.get_versioned_notifier(publisher)
    send = notifier.error if phase == 'error' else notifier.info
    send(context, _event('instance', action, phase), payload)


def _envelope(name, version, data):
    return {'nova_object.namespace': 'nova', 'nova_object.name': name, 'nova_object.version': version,
            'nova_object.data': data}


def _keypairs(instance):
    if not instance.key_name:
        return []
    return [_envelope('KeypairPayload', '1.0', {
        'name': instance.key_name, 'user_id': instance.user_id, 'type': instance.key_type or 'ssh', 'fingerprint': None,
        'public_key': instance.key_data})]


def _flavor(flavor):
    return _envelope('FlavorPayload', '1.4', {
        'flavorid': flavor.flavorid, 'name': flavor.name, 'memory_mb': flavor.memory_mb, 'vcpus': flavor.vcpus,
        'root_gb': flavor.root_gb, 'ephemeral_gb': flavor.ephemeral_gb, 'swap': flavor.swap,
        'rxtx_factor': flavor.rxtx_factor,
        'vcpu_weight': flavor.vcpu_weight, 'disabled': flavor.disabled, 'is_public': flavor.is_public,
        'extra_specs': flavor.extra_specs, 'projects': None, 'description': flavor.description})


def _ips(instance):
    return [_envelope('IpPayload', '1.0', {
        'label': vif['network']['label'], 'mac': vif['address'], 'meta': {}, 'port_uuid': vif['id'],
        'version': address['version'], 'address': address['address'], 'device_name': vif['devname']})
        for vif in instance.get_network_info() for address in vif.fixed_ips()]


def _fault(error):
    if error is None:
        return None
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return _envelope('ExceptionPayload', '1.1', {
        'module_name': frame.tb_frame.f_globals.get('__name__') if frame else '',
        'function_name': frame.tb_frame.f_code.co_name if frame else '', 'exception': type(error).__name__,
        'exception_message': _safe(error), 'traceback': ''})


def _iso(value):
    return timeutils.normalize_time(value).strftime('%Y-%m-%dT%H:%M:%SZ') if value else None


def _versioned_payload(context, instance, error):
    return {
        'uuid': instance.uuid, 'user_id': instance.user_id, 'tenant_id': instance.project_id,
        'reservation_id': instance.reservation_id, 'display_name': instance.display_name,
        'display_description': instance.display_description, 'host_name': instance.hostname, 'host': instance.host,
        'node': instance.node, 'os_type': instance.os_type, 'architecture': instance.architecture,
        'availability_zone': instance.availability_zone, 'flavor': _flavor(instance.flavor),
        'image_uuid': instance.image_ref, 'key_name': instance.key_name, 'kernel_id': instance.kernel_id,
        'ramdisk_id': instance.ramdisk_id, 'created_at': _iso(instance.created_at),
        'launched_at': _iso(instance.launched_at),
        'terminated_at': _iso(instance.terminated_at), 'deleted_at': _iso(instance.deleted_at),
        'updated_at': _iso(instance.updated_at), 'state': instance.vm_state, 'power_state': power_state.STATE_MAP.get(
            instance.power_state, 'pending'), 'task_state': instance.task_state,
            'progress': int(instance.progress or 0),
        'ip_addresses': _ips(instance), 'block_devices': [], 'metadata': _loaded(instance, 'metadata', {}),
        'locked': instance.locked, 'locked_reason': instance.system_metadata.get('locked_reason'),
        'auto_disk_config': 'AUTO' if instance.auto_disk_config else 'MANUAL', 'request_id': context.request_id,
        'action_initiator_user': context.user_id, 'action_initiator_project': context.project_id,
        'fault': _fault(error),
    }
