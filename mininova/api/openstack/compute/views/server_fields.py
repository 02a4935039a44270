# SPDX-License-Identifier: Apache-2.0
"""The fields of a server, each with the microversions that show it.  In Nova: show() of views/servers.py.

A field is a function that writes into the document; what they all need of the request is worked out once, in
``Viewer``.  A server is a dictionary: a row with what was attached to it (mininova.compute.search).
"""
import functools
import hashlib
import typing

import mininova.conf
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack.compute.views import addresses, server_status
from mininova.compute import vm_states

CONF = mininova.conf.CONF

_PROGRESS_STATUSES = frozenset({'ACTIVE', 'BUILD', 'REBUILD', 'RESIZE', 'VERIFY_RESIZE', 'MIGRATING'})
_FAULT_STATUSES = frozenset({'ERROR', server_status.DELETED})
# What of an image is kept with a server but is no property of it.
_NOT_PROPERTIES = frozenset({'name', 'size', 'status', 'owner', 'checksum'})


class Viewer(typing.NamedTuple):
    """What the caller may see and how links begin.

    :param bases: beginnings of (versioned, plain) links
    :param image_base: beginning of links to images
    :param is_admin: whether details of faults are shown
    :param extra_specs: whether those of the flavor are
    :param extended: whether where it runs is
    :param host_state: function from a host to its state, or None
    :param only_unknown: show the state only where it is UNKNOWN
    :param address_details: whether kind and MAC of addresses are shown
    """

    bases: tuple
    image_base: str
    is_admin: bool = False
    extra_specs: bool = False
    extended: bool = False
    host_state: typing.Any = None
    only_unknown: bool = False
    address_details: bool = True


class Field(typing.NamedTuple):
    """A function and the versions from which, and up to which, it applies."""

    since: str
    write: typing.Any
    until: str | None = None


@functools.lru_cache(maxsize=4096)
def host_id(project_id, host):
    """Return what tells a project whether two of its servers share a host, and nothing more."""
    return hashlib.sha224(f'{project_id}{host}'.encode()).hexdigest() if host else ''


def iso(time):
    """Return a time as the API writes it: 2013-09-03T04:01:32Z."""
    return time.isoformat(timespec='seconds') + 'Z' if time else None


def exact(time):
    """Return a time with its microseconds, as some fields have it for reasons of age."""
    return time.isoformat(timespec='microseconds') if time else None


# -- always ----------------------------------------------------------------------------------------


def _core(shown, server, viewer):
    uuid = server['uuid']
    versioned, plain = viewer.bases
    status = server_status.DELETED if server['deleted'] else server_status.status_of(server['vm_state'],
                                                                                     server['task_state'])
    building = server['vm_state'] == vm_states.BUILDING
    shown.update({
        'id': uuid, 'name': server['display_name'], 'status': status, 'tenant_id': server['project_id'] or '',
        'user_id': server['user_id'] or '', 'metadata': server['metadata'],
        'hostId': host_id(server['project_id'], server['host']),
        'image': _image(server['image_ref'], viewer.image_base), 'created': iso(server['created_at']),
        'updated': iso(server['updated_at']),
        'addresses': {} if building else addresses.by_network(server['network_info'], viewer.address_details),
        'accessIPv4': server['access_ip_v4'] or '', 'accessIPv6': server['access_ip_v6'] or '',
        'links': [{'rel': 'self', 'href': f'{versioned}servers/{uuid}'},
                  {'rel': 'bookmark', 'href': f'{plain}servers/{uuid}'}],
        'OS-DCF:diskConfig': 'AUTO' if server['auto_disk_config'] else 'MANUAL',
    })
    if status in _FAULT_STATUSES and server.get('fault'):
        shown['fault'] = _fault(server['fault'], viewer.is_admin)
    if status in _PROGRESS_STATUSES:
        shown['progress'] = server['progress'] or 0


def _image(image_ref, base):
    if not image_ref:
        return ''
    return {'id': image_ref, 'links': [{'rel': 'bookmark', 'href': f'{base}images/{image_ref}'}]}


def _image_properties(shown, server, viewer):
    if shown['image']:
        shown['image']['properties'] = {
            key[6:]: value for key, value in (server['system_metadata'] or {}).items()
            if key.startswith('image_') and key[6:] not in _NOT_PROPERTIES}


def _fault(fault, is_admin):
    shown = {'code': fault['code'], 'created': iso(fault['created_at']), 'message': fault['message']}
    if fault['details'] and (is_admin or fault['code'] != 500):
        shown['details'] = fault['details']
    return shown


def _flavor_link(shown, server, viewer):
    flavor_id = (server['flavor'] or {}).get('flavorid', '')
    shown['flavor'] = {'id': flavor_id, 'links': [{'rel': 'bookmark', 'href': f'{viewer.bases[1]}flavors/{flavor_id}'}]}


def _flavor(shown, server, viewer):
    flavor = server['flavor'] or {}
    shown['flavor'] = {
        'vcpus': flavor.get('vcpus'), 'ram': flavor.get('memory_mb'), 'disk': flavor.get('root_gb'),
        'ephemeral': flavor.get('ephemeral_gb'), 'swap': flavor.get('swap'), 'original_name': flavor.get('name')}
    if viewer.extra_specs:
        shown['flavor']['extra_specs'] = flavor.get('extra_specs') or {}


def _locked(shown, server, viewer):
    shown['locked'] = bool(server['locked'])


def _locked_reason(shown, server, viewer):
    shown['locked_reason'] = (server['system_metadata'] or {}).get('locked_reason')


def _description(shown, server, viewer):
    shown['description'] = server['display_description']


def _tags(shown, server, viewer):
    shown['tags'] = server['tags']


def _trusted_certs(shown, server, viewer):
    shown['trusted_image_certificates'] = None


# -- not in the answer to PUT below 2.75 --------------------------------------------------------------


def _extended(shown, server, viewer):
    zone = server['availability_zone'] or (CONF.default_availability_zone if server['host'] else '')
    shown.update({
        'OS-EXT-AZ:availability_zone': zone, 'config_drive': server['config_drive'] or '',
        'key_name': server['key_name'],
        'OS-SRV-USG:launched_at': exact(server['launched_at']),
        'OS-SRV-USG:terminated_at': exact(server['terminated_at']),
        'OS-EXT-STS:task_state': server['task_state'],
        'OS-EXT-STS:vm_state': server['vm_state'], 'OS-EXT-STS:power_state': server['power_state'],
        'os-extended-volumes:volumes_attached': [{'id': volume_id} for volume_id, _delete in server['volumes']],
    })
    if server['security_groups']:
        shown['security_groups'] = [{'name': name} for name in server['security_groups']]


def _volumes(shown, server, viewer):
    shown['os-extended-volumes:volumes_attached'] = [
        {'id': volume_id, 'delete_on_termination': delete} for volume_id, delete in server['volumes']]


def _attributes(shown, server, viewer):
    if viewer.extended:
        shown.update({
            'OS-EXT-SRV-ATTR:host': server['host'], 'OS-EXT-SRV-ATTR:hypervisor_hostname': server['node'],
            'OS-EXT-SRV-ATTR:instance_name': CONF.instance_name_template % server['id']})


def _key_name(shown, server, viewer):
    shown['key_name'] = server['key_name']


def _more_attributes(shown, server, viewer):
    if viewer.extended:
        shown.update({f'OS-EXT-SRV-ATTR:{name}': server[name] for name in (
            'reservation_id', 'launch_index', 'hostname', 'kernel_id', 'ramdisk_id', 'root_device_name', 'user_data')})


def _hostname(shown, server, viewer):
    shown['OS-EXT-SRV-ATTR:hostname'] = server['hostname']


def _host_status(shown, server, viewer):
    if viewer.host_state is not None:
        state = viewer.host_state(server['host'])
        if state == 'UNKNOWN' or not viewer.only_unknown:
            shown['host_status'] = state


def _pinned_zone(shown, server, viewer):
    shown['pinned_availability_zone'] = server['spec'].get('availability_zone')


def _hints(shown, server, viewer):
    shown['scheduler_hints'] = server['spec'].get('scheduler_hints') or {}


# -- only where one server is shown ----------------------------------------------------------------------


def _server_groups(shown, server, viewer):
    shown['server_groups'] = server['server_groups']


CORE = (
    Field('2.1', _core), Field('2.1', _flavor_link, '2.46'), Field('2.9', _locked), Field('2.19', _description),
    Field('2.26', _tags), Field('2.47', _flavor), Field('2.63', _trusted_certs), Field('2.73', _locked_reason),
    Field('2.98', _image_properties))
EXTENDED = (
    Field('2.1', _extended), Field('2.1', _attributes), Field('2.3', _volumes), Field('2.3', _more_attributes),
    Field('2.16', _host_status), Field('2.90', _hostname), Field('2.96', _pinned_zone), Field('2.100', _hints))
# What the answer to rebuild has besides below 2.75.
REBUILT = (Field('2.54', _key_name),)
SINGLE = (Field('2.71', _server_groups),)


@functools.cache
def writers(version, *groups):
    """Return the functions of some groups of fields that apply to a version, in order."""
    return tuple(field.write for group in groups for field in group
                 if version.matches(versions.parse(field.since), versions.parse(field.until)))
