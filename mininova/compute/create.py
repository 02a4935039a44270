# SPDX-License-Identifier: Apache-2.0
"""A create request into rows: check everything, then write quota, servers, disks, request specs and intent at once.

Runs in nova-api before the answer 202; whatever is refused leaves nothing behind.  Nova: _create_instance and what it
calls in nova/compute/api.py.  By noun: the image in create_image, names in create_names, zone, host and hints in
create_placement, limits in create_quota, disks in mininova/block_device.py.
"""
import dataclasses
import typing

from oslo_utils import uuidutils

from mininova import block_device, exception, objects, utils
from mininova.compute import (
    create_image,
    create_names,
    create_placement,
    create_quota,
    instance_actions,
    power_state,
    sealing,
    server_images,
    task_states,
    vm_states,
)
from mininova.crashpoint import crashpoint
from mininova.pci import request as pci
from mininova.virt import hardware


@dataclasses.dataclass
class ServerRequest:
    """What a caller wants: the body of POST /servers, checked for form, none of its names looked up.

    :param injected_files: [[path, base64 content], ...]
    :param networks: objects.NetworkRequestList; empty means all networks of the project
    :param availability_zone: may be zone:host:node
    :param requested_host: host that the scheduler must take (2.74), unlike one in the zone it is still checked by
        the filters
    :param security_groups: names or ids
    :param devices: columns of disks, as block_device.from_v2 gives them
    :param auto_disk_config: None takes the image's word
    :param scheduler_hints: {name: value or list of values}
    """

    name: str
    flavor_id: str
    image_id: str | None = None
    description: str | None = None
    min_count: int = 1
    max_count: int = 1
    admin_password: str | None = None
    metadata: dict = dataclasses.field(default_factory=dict)
    injected_files: list = dataclasses.field(default_factory=list)
    key_name: str | None = None
    user_data: str | None = None
    availability_zone: str | None = None
    requested_host: str | None = None
    requested_node: str | None = None
    networks: typing.Any = None
    security_groups: tuple = ('default',)
    devices: list = dataclasses.field(default_factory=list)
    config_drive: bool = False
    auto_disk_config: bool | None = None
    scheduler_hints: dict = dataclasses.field(default_factory=dict)
    access_ip_v4: str | None = None
    access_ip_v6: str | None = None
    tags: list = dataclasses.field(default_factory=list)
    hostname: str | None = None


class Created(typing.NamedTuple):
    """Servers that were accepted.

    :param rows: columns of each
    :param reservation_id: what they have in common
    """

    rows: list
    reservation_id: str


class ServerCreator:
    """Turns requests into rows.

    :param image_api: mininova.image.api.API
    :param network_api: mininova.network.api.API
    :param security_group_api: mininova.network.security_group_api.API
    :raises PciInvalidAlias: [pci] alias makes no sense; at the start of the service
    """

    def __init__(self, image_api, network_api, security_group_api):
        self.image_api, self.network_api, self.security_group_api = image_api, network_api, security_group_api
        pci.get_alias_from_config()

    def create(self, context, request):
        """Accept a create request.

        :param request: ServerRequest
        :returns: Created
        :raises TooManyInstances: not even `min_count` servers fit into the project's quota (403)
        :raises Invalid and other NovaExceptions: what is asked for does not exist or does not fit (mostly 400)
        """
        flavor = find_flavor(context, request.flavor_id)
        image = create_image.get(context, self.image_api, request.image_id) if request.image_id else None
        if image is not None:
            create_image.check_against_flavor(context, image, flavor)
        hardware.validate(flavor, objects.ImageMeta.from_dict(image))
        devices = block_device.complete(request.devices, flavor, request.image_id)
        create_quota.check_contents(context, request.metadata, request.injected_files)
        pci_requests = pci.describe_requests(flavor, objects.ImageMeta.from_dict(image))
        columns = self._common_columns(context, request, flavor, image, pci_requests)
        spec, group = self._common_spec(context, request, flavor, image, pci_requests)
        security_groups, spec['security_groups'] = self.security_group_api.find_for_create(
            context, request.security_groups)
        wanted = self._fit_into_networks(context, request)
        crashpoint('create.C1.validated.after')

        def drafts(count):
            return [{**_draft(context, request, columns, spec, devices, group, index, count),
                     'security_groups': security_groups} for index in range(count)]
        written = create_quota.write(context, flavor, request.min_count, wanted, drafts)
        crashpoint('create.C2.committed.after')
        return Created([draft['instance'] for draft in written], columns['reservation_id'])

    def _common_columns(self, context, request, flavor, image, pci_requests):
        """Return the columns in which the servers of a request do not differ."""
        image = image or {}
        kernel_id, ramdisk_id = create_image.kernel_and_ramdisk(context, self.image_api, image)
        meta = objects.ImageMeta.from_dict(image)
        properties = meta.properties
        return {
            'user_id': context.user_id, 'project_id': context.project_id, 'image_ref': request.image_id or '',
            'kernel_id': kernel_id or '', 'ramdisk_id': ramdisk_id or '', **_key_columns(context, request.key_name),
            'power_state': power_state.NOSTATE, 'vm_state': vm_states.BUILDING, 'task_state': task_states.SCHEDULING,
            'vcpus': flavor.vcpus, 'memory_mb': flavor.memory_mb, 'root_gb': flavor.root_gb,
            'ephemeral_gb': flavor.ephemeral_gb,
            'user_data': request.user_data, 'reservation_id': utils.generate_uid('r'),
            'display_description': request.description, 'locked': False, 'os_type': properties.get('os_type'),
            'architecture': properties.get('architecture') or properties.get('hw_architecture'),
            'root_device_name': properties.get('root_device_name'), 'config_drive': 'True'
            if request.config_drive else '',
            'access_ip_v4': utils.canonical_ip(request.access_ip_v4),
            'access_ip_v6': utils.canonical_ip(request.access_ip_v6), 'progress': 0,
            'auto_disk_config': create_image.auto_disk_config(image, request.auto_disk_config),
            'flavorid': flavor.flavorid,
            'flavor': flavor.to_embedded(), 'network_info': None, 'build_attempt': 0,
            'numa_topology': hardware.describe_wishes(flavor, meta), 'pci_requests': pci_requests,
            'system_metadata': {**meta.to_system_metadata(), **server_images.maker_columns(context)},
        }

    def _common_spec(self, context, request, flavor, image, pci_requests):
        """Return (the request spec without a server, the server group or None)."""
        zone, host, node = create_placement.parse_availability_zone(request.availability_zone)
        if host or node:
            create_placement.check_host(context, host, node)
        else:
            create_placement.check_zone(context, zone)
        if request.requested_host or request.requested_node:
            create_placement.check_host(context, request.requested_host, request.requested_node)
        hints = create_placement.normalize_hints(request.scheduler_hints)
        group = create_placement.find_group(context, hints)
        spec = objects.RequestSpec(
            context, project_id=context.project_id, user_id=context.user_id, flavor=flavor, num_instances=1,
            image=None if image is None else objects.ImageMeta.from_dict(image),
            availability_zone=zone or create_placement.default_zone(), force_hosts=[host] if host else [],
            force_nodes=[node] if node else [], requested_host=request.requested_host,
            requested_node=request.requested_node,
            ignore_hosts=[], scheduler_hints=hints, security_groups=list(request.security_groups), attempts=[],
            pci_requests=pci_requests,
            requested_networks=request.networks.to_document() if request.networks else [],
            group=None if group is None else {'uuid': group.uuid, 'policy': group.policy})
        return spec.to_document(), group

    def _fit_into_networks(self, context, request):
        """Return how many servers there are addresses for.

        :raises NoMoreFixedIps, PortLimitExceeded: fewer than `min_count` (400, 403)
        """
        fits = self.network_api.validate_networks(context, request.networks, request.max_count)
        if fits < request.min_count:
            self.network_api.refuse_too_few(fits, request.min_count)
        return min(fits, request.max_count)


def find_flavor(context, flavor_id):
    """Return the flavor that a body names.

    :raises FlavorNotFound: unknown, disabled, or another project's (400)
    """
    try:
        flavor = objects.Flavor.get_by_flavor_id(context, flavor_id)
    except exception.FlavorNotFound as error:
        raise exception.FlavorNotFound(flavor_id=flavor_id, code=400) from error
    if flavor.disabled:
        raise exception.FlavorNotFound(flavor_id=flavor_id, code=400)
    return flavor


def _key_columns(context, key_name):
    if not key_name:
        return {'key_name': None, 'key_data': None, 'key_type': None}
    try:
        key = objects.KeyPair.get_by_name(context, context.user_id, key_name)
    except exception.KeypairNotFound as error:
        raise exception.KeypairNotFound('Invalid key_name provided.', code=400) from error
    return {'key_name': key.name, 'key_data': key.public_key, 'key_type': key.type}


def _draft(context, request, columns, spec, devices, group, index, count):
    """Return what :meth:`InstanceList.create_all` needs for one server."""
    uuid, action_id = uuidutils.generate_uuid(), uuidutils.generate_uuid()
    name = create_names.display_name(request.name, index, count)
    row = {**columns, 'uuid': uuid, 'action_id': action_id, 'launch_index': index, 'display_name': name,
           'availability_zone': spec['availability_zone'], 'hostname': create_names.hostname(uuid, name,
                                                                                             request.hostname)}
    secrets = request.admin_password or request.injected_files
    return {
        'instance': row, 'metadata': request.metadata, 'tags': request.tags,
        'block_devices': block_device.rows_for(uuid, devices), 'request_spec': {**spec, 'instance_uuid': uuid},
        'intent': sealing.seal(request.admin_password, request.injected_files) if secrets else None,
        'group_id': group.id if group is not None else None,
        'action': objects.InstanceAction.pack_start(context, uuid, instance_actions.CREATE, action_id)}
