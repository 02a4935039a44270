# SPDX-License-Identifier: Apache-2.0
"""The body of POST /servers into a ServerRequest (nova-api).  In Nova: create() of
nova/api/openstack/compute/servers.py.

The schema has checked the form; here is what a schema cannot say, and who may ask for it.  The keys that a
microversion does not have are not in the body, so there is nothing to distinguish.
"""
from oslo_utils import strutils, uuidutils

from mininova import block_device, exception, objects, utils
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common
from mininova.compute import create, create_placement
from mininova.policies import servers as policies


def read(req, body):
    """Return the ServerRequest that a body means.

    :raises Invalid: (400)
    :raises PolicyNotAuthorized: something is asked for that the caller may not (403)
    """
    context, server = req.environ['nova.context'], body['server']
    target = {'project_id': context.project_id, 'user_id': context.user_id}
    min_count, max_count = _counts(server)
    image_id = _image_id(server)
    hostname = server.get('hostname')
    if hostname and max_count > 1:
        raise exception.Invalid('Unable to allocate a single hostname to multiple instances')
    _refuse_certificates(context, server, target)
    return create.ServerRequest(
        name=common.normalize_name(server['name']), flavor_id=str(common.get_id_from_href(server['flavorRef'])),
        image_id=image_id,
        description=server.get('description') if versions.is_supported(req, '2.19') else server['name'],
        min_count=min_count, max_count=max_count,
        admin_password=server.get('adminPass') or utils.generate_password(), metadata=server.get('metadata') or {},
        injected_files=[[item.get('path', ''), item.get('contents', '')] for item in server.get('personality') or ()],
        key_name=server.get('key_name'), user_data=server.get('user_data') or None,
        networks=_networks(context, server, target),
        security_groups=_security_groups(server), devices=_devices(context, server, image_id, target),
        config_drive=strutils.bool_from_string(server.get('config_drive')),
        auto_disk_config={'AUTO': True, 'MANUAL': False}.get(server.get('OS-DCF:diskConfig')),
        scheduler_hints=body.get('os:scheduler_hints') or body.get('OS-SCH-HNT:scheduler_hints') or {},
        access_ip_v4=server.get('accessIPv4'), access_ip_v6=server.get('accessIPv6'),
        tags=list(dict.fromkeys(server.get('tags') or ())), hostname=hostname, **_placement(context, server, target))


def _counts(server):
    """Return (min_count, max_count).

    :raises Invalid: the first is larger than the second (400)
    """
    min_count = common.to_number(server.get('min_count') or 1)
    max_count = common.to_number(server.get('max_count') or min_count)
    if min_count > max_count:
        raise exception.Invalid('min_count must be <= max_count')
    return min_count, max_count


def _image_id(server):
    """Return the id that imageRef names, or None if there is no imageRef but disks.

    :raises Invalid: there is neither (400)
    """
    image_id = server.get('imageRef')
    if image_id:
        return image_id
    if server.get('block_device_mapping') or server.get('block_device_mapping_v2'):
        return None
    raise exception.Invalid('Invalid imageRef provided.' if image_id == '' else 'Missing imageRef attribute')


def _devices(context, server, image_id, target):
    old, new = server.get('block_device_mapping') or [], server.get('block_device_mapping_v2') or []
    if old and new:
        raise exception.Invalid('Using different block_device_mapping syntaxes is not allowed in the same request.')
    devices = block_device.from_v2(new, image_id) if new else block_device.from_v1(old)
    if devices:
        context.can(policies.ATTACH_VOLUME, target=target)
    return devices


def _security_groups(server):
    """Return the names or ids of the groups, each once; `default` where none is named."""
    names = [group.get('name') for group in server.get('security_groups') or ()]
    return tuple(dict.fromkeys(name for name in names if name)) or ('default',)


def _networks(context, server, target):
    """Return objects.NetworkRequestList; an empty one means all networks of the project.

    :raises Invalid: (400)
    """
    networks = server.get('networks')
    if not networks:
        return objects.NetworkRequestList(objects=[])
    if isinstance(networks, str):
        return objects.NetworkRequestList(objects=[objects.NetworkRequest(network_id=networks)])
    context.can(policies.ATTACH_NETWORK, target=target)
    return objects.NetworkRequestList(objects=[_network(network) for network in networks])


def _network(network):
    port_id, network_id, address = network.get('port'), network.get('uuid'), network.get('fixed_ip')
    if port_id:
        if address is not None:
            raise exception.Invalid(f"Specified Fixed IP '{address}' cannot be used with port '{port_id}': the two "
                                    'cannot be specified together.')
        network_id = None
    elif not network_id or not uuidutils.is_uuid_like(network_id):
        raise exception.Invalid(f'Bad networks format: network uuid is not in proper format ({str(network_id)[:80]})')
    return objects.NetworkRequest(network_id=network_id, address=address, port_id=port_id, tag=network.get('tag'))


def _placement(context, server, target):
    """Return where the server shall go: the zone, and host and hypervisor of 2.74.

    :raises Invalid: a host is named in both ways (400)
    """
    _zone, host, node = create_placement.parse_availability_zone(server.get('availability_zone'))
    if host or node:
        context.can(policies.FORCED_HOST, target={})
    requested_host, requested_node = server.get('host'), server.get('hypervisor_hostname')
    if requested_host or requested_node:
        context.can(policies.REQUESTED_DESTINATION, target={})
        if host or node:
            raise exception.Invalid('One mechanism with host and/or hypervisor_hostname and another mechanism with '
                                    'zone:host:node are mutually exclusive.')
    return {'availability_zone': server.get('availability_zone'), 'requested_host': requested_host,
            'requested_node': requested_node}


def _refuse_certificates(context, server, target):
    if server.get('trusted_image_certificates'):
        context.can(policies.TRUSTED_CERTS, target=target)
        raise exception.Invalid('Certificates cannot be validated: no key manager is part of this cloud.')
