# SPDX-License-Identifier: Apache-2.0
"""Give a server a new disk from an image, and new properties with it; runs in nova-api.

Everything is checked first: image, key, host. Then one transaction writes what changes of the server (names, key, user
data, image and its properties, metadata, the image of the request spec) with the intent, and what was there before,
so that the host can put it back while it has not touched the old disk.  Nova: rebuild of nova/compute/api.py.
"""
import base64
import dataclasses

import mininova.conf
from mininova import exception, objects, quota
from mininova.compute import action, create_image, sealing
from mininova.crashpoint import crashpoint
from mininova.pci import request as pci
from mininova.scheduler import aggregate_metadata
from mininova.scheduler.client import image_isolation, image_match
from mininova.virt import hardware

CONF = mininova.conf.CONF

# Columns that follow from the image: what the host puts back when the new image turns out to be no good.
IMAGE_COLUMNS = ('image_ref', 'kernel_id', 'ramdisk_id', 'os_type', 'architecture', 'auto_disk_config',
                 'system_metadata')


@dataclasses.dataclass
class RebuildRequest:
    """What a caller wants: the body of the action, checked for form, none of its names looked up.

    :param changes: {column of the server: value} that are as in the body (display_name, user_data, hostname, ...)
    :param metadata: all of it from now on; None keeps what there is
    :param key_name: name of a key pair of the caller; None for no key; ... keeps the one there is
    :param injected_files: [[path, base64 content], ...]
    :param auto_disk_config: None takes the image's word
    """

    image_id: str
    admin_password: str
    changes: dict = dataclasses.field(default_factory=dict)
    metadata: dict | None = None
    key_name: object = ...
    injected_files: list = dataclasses.field(default_factory=list)
    auto_disk_config: bool | None = None
    preserve_ephemeral: bool = False


class RebuildActions:
    """Part of :class:`mininova.compute.api.API`."""

    def rebuild(self, context, instance, request):
        """Make a server's disk anew from an image; it keeps its id, host and addresses.

        :param request: RebuildRequest
        :raises InstanceInvalidState, InstanceIsLocked: (409)
        :raises ImageNotFound, ImageUnacceptable and other Invalid: the image cannot be used (400)
        :raises MetadataLimitExceeded, OnsetFileLimitExceeded: (403)
        """
        action.check_action(context, instance, 'rebuild')
        if not instance.image_ref:
            raise exception.Invalid('Unable to rebuild a volume-backed server: there is no volume service.')
        key = self._key_columns(context, request.key_name)
        image = self._find_image(context, request.image_id)
        automatic = create_image.auto_disk_config(image, request.auto_disk_config)
        create_image.check_against_flavor(context, image, instance.flavor)
        meta = objects.ImageMeta.from_dict(image)
        _check_hardware(instance, meta)
        if request.image_id != instance.image_ref:
            self._check_host(context, instance, meta)
        quota.check_metadata_items(context, len(request.metadata or ()))
        quota.check_injected_files(context, [(path, base64.b64decode(content))
                                             for path, content in request.injected_files])
        kernel_id, ramdisk_id = create_image.kernel_and_ramdisk(context, self.image_api, image)
        values = {**request.changes, **key, 'image_ref': request.image_id, 'kernel_id': kernel_id or '',
                  'ramdisk_id': ramdisk_id or '', 'os_type': meta.properties.get('os_type'), 'progress': 0,
                  'architecture': meta.properties.get('architecture') or meta.properties.get('hw_architecture'),
                  'auto_disk_config': automatic, 'system_metadata': _with_image(instance, meta)}
        self._accept(context, instance, request, values, meta)
        crashpoint('rebuild.B1.accepted.after')
        action.send(self.compute_rpcapi.rebuild_instance, context, instance,
                    preserve_ephemeral=request.preserve_ephemeral, password=request.admin_password,
                    injected_files=request.injected_files)

    @staticmethod
    def _accept(context, instance, request, values, meta):
        spec = objects.RequestSpec.get_by_instance_uuid(context, instance.uuid)
        contents = {'image': objects.RequestSpec.image_document(meta)}
        if request.metadata is not None:
            contents['metadata'] = request.metadata
        before = {name: getattr(instance, name) for name in IMAGE_COLUMNS}
        image_before = objects.RequestSpec.image_document(spec.image) if spec.image is not None else None
        arguments = {'preserve_ephemeral': request.preserve_ephemeral, 'before': before, 'image_before': image_before,
                     'sealed': sealing.seal(request.admin_password, request.injected_files)}
        action.accept_action(context, instance, 'rebuild', arguments, expected={'host': instance.host}, values=values,
                             contents=contents)
        if request.metadata is not None:
            instance.metadata = request.metadata

    def _find_image(self, context, image_id):
        try:
            return create_image.get(context, self.image_api, image_id)
        except exception.ImageNotFound as error:
            raise exception.ImageNotFound('Cannot find image for rebuild', image_id=image_id, code=400) from error

    @staticmethod
    def _key_columns(context, name):
        """Return the columns of a key pair, which is the caller's even if the server was made by somebody else."""
        if name is ...:
            return {}
        if name is None:
            return {'key_name': None, 'key_data': None, 'key_type': None}
        try:
            key = objects.KeyPair.get_by_name(context, context.user_id, name)
        except exception.KeypairNotFound as error:
            raise exception.KeypairNotFound('Invalid key_name provided.', code=400) from error
        return {'key_name': key.name, 'key_data': key.public_key, 'key_type': key.type}

    @staticmethod
    def _check_host(context, instance, meta):
        """Refuse an image that the scheduler would not have put on the server's host (CVE-2017-16239).

        :raises ImageUnacceptable: (400)
        """
        enabled = {name.rpartition('.')[2] for name in CONF.filter_scheduler.enabled_filters}
        for name, find_problem in IMAGE_FILTERS.items():
            problem = find_problem(context.elevated(), instance, meta) if name in enabled else None
            if problem:
                raise exception.ImageUnacceptable(image_id=meta.id, reason=f'the host of the server {problem}')


def _cannot_run(admin, instance, meta):
    match = image_match.ImageMatch(meta)
    if not match.applies:
        return None
    found = match.mismatch(objects.ComputeNode.get_by_host_and_nodename(admin, instance.host, instance.node))
    return found and f'cannot run it: it {found.text}'


def _is_not_isolated_alike(admin, instance, meta):
    return image_isolation.HostIsolation(meta).mismatch(instance.host) and 'is for other images'


def _is_in_aggregates_for_others(admin, instance, meta):
    isolation = image_isolation.PropertyIsolation(meta)
    if not isolation.applies:
        return None
    mine = [{'name': aggregate.name, 'metadata': aggregate.metadata}
            for aggregate in objects.AggregateList.get_all(admin) if instance.host in aggregate.hosts]
    return isolation.mismatch(aggregate_metadata.AggregateMetadata(mine).texts) and 'is for other images'


# Filters that say which images a host may run, and what says so of one host: the end of a sentence, or nothing.
IMAGE_FILTERS = {'ImagePropertiesFilter': _cannot_run, 'IsolatedHostsFilter': _is_not_isolated_alike,
                 'AggregateImagePropertiesIsolation': _is_in_aggregates_for_others}


def _check_hardware(instance, meta):
    """Refuse an image that wants other CPUs and memory than the server has: a rebuild claims nothing.

    :raises ImageNUMATopologyRebuildConflict, ImagePCINUMAPolicyForbidden: (400)
    """
    hardware.validate(instance.flavor, meta)
    pci.get_pci_numa_policy_constraint(instance.flavor.extra_specs or {}, meta.properties or {})
    if hardware.describe_wishes(instance.flavor, meta) != hardware.describe_wishes(
            instance.flavor, instance.image_meta):
        raise exception.ImageNUMATopologyRebuildConflict()


def _with_image(instance, meta):
    """Return a server's system metadata with another image's properties in place of the old one's."""
    kept = {key: value for key, value in instance.system_metadata.items() if not key.startswith('image_')}
    return {**kept, **meta.to_system_metadata()}
