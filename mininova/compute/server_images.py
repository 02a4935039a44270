# SPDX-License-Identifier: Apache-2.0
"""Images that are made of servers: the record before the bytes, and the end of both (nova-api, nova-compute).

createImage, createBackup and shelve make the record when they are accepted, without bytes (`queued`); the compute host
adds the bytes, and whoever finds that it will not takes the record away again.
Nova: create_image of nova/compute/utils.py, _initialize_instance_snapshot_metadata of nova/compute/api.py.
"""
import contextlib

from oslo_log import log

import mininova.conf
from mininova import exception, objects
from mininova.image import access

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

SNAPSHOT, BACKUP = 'snapshot', 'backup'

# What holds for one image only: keys of its volume, and the signature of its bytes.
NOT_INHERITED = frozenset({
    'cinder_encryption_key_id', 'cinder_encryption_key_deletion_policy', 'img_signature', 'img_signature_hash_method',
    'img_signature_key_type', 'img_signature_certificate_uuid', 'mappings', 'block_device_mapping'})
# Kept with a server for its images: who made it.
MAKER = ('boot_roles', 'owner_project_name', 'owner_user_name')


def maker_columns(context):
    """Return what a server keeps in its system metadata of whoever makes it."""
    kept = {'boot_roles': ','.join(context.roles or ()), 'owner_project_name': context.project_name,
            'owner_user_name': context.user_name}
    return {name: value for name, value in kept.items() if value}


def create(context, image_api, instance, name, image_type, properties=None, image_id=None):
    """Make the record of an image of a server and return it; it has no bytes yet.

    :param image_type: SNAPSHOT or BACKUP
    :param properties: what the caller wants to have noted, which goes before what is inherited
    :param image_id: id that the image shall have
    """
    image = describe(context, instance, name, image_type, properties)
    if image_id is not None:
        image['id'] = image_id
    return image_api.create(context, image)


def describe(context, instance, name, image_type, properties=None):
    """Return the image dictionary of a new image of a server.

    The forms (disk_format, container_format) are left out: the compute host knows them when it has the bytes.
    """
    image = objects.ImageMeta.from_instance(instance)
    inherited = {key: value for key, value in image.properties.items()
                 if value is not None and key not in NOT_INHERITED and key not in CONF.non_inheritable_image_properties}
    inherited.update({key: instance.system_metadata[key] for key in MAKER if instance.system_metadata.get(key)})
    noted = {'base_image_ref': instance.image_ref, 'instance_uuid': instance.uuid, 'user_id': str(context.user_id),
             'image_type': image_type, **(properties or {})}
    visibility = 'private'
    if context.project_id != instance.project_id:
        # An administrator's image of somebody's server: whose server it is may use it.
        visibility = 'shared'
        noted[access.SHARED_WITH] = instance.project_id
    return {'name': name, 'visibility': visibility, 'min_ram': image.min_ram,
            'min_disk': max(image.min_disk, instance.flavor.root_gb or 0), 'properties': {**inherited, **noted}}


def discard_unfinished(context, image_api, image_id):
    """Take away an image that has no bytes and will get none; an image that is complete stays.

    :returns: whether it is complete
    """
    try:
        image = image_api.get(context, image_id)
    except exception.ImageNotFound:
        return False
    if image['status'] == 'active':
        return True
    LOG.info('Removing image %s, which was not completed.', image_id)
    with contextlib.suppress(exception.ImageNotFound):
        image_api.delete(context, image_id)
    return False


def rotate_backups(context, image_api, instance, backup_type, keep):
    """Remove the oldest backups of a kind beyond those to keep.

    :param keep: how many stay, 0 for none
    """
    found = image_api.get_all(context, filters={
        'property-image_type': BACKUP, 'property-backup_type': backup_type, 'property-instance_uuid': instance.uuid},
        sort_key='created_at', sort_dir='desc')
    for image in found[keep:]:
        LOG.info('Removing backup %s (%s), beyond the %s to keep.', image['id'], image['name'], keep, instance=instance)
        try:
            image_api.delete(context, image['id'])
        except exception.ImageNotFound:
            continue
        except exception.ImageNotAuthorized as error:
            LOG.warning('The old backup %s cannot be removed: %s', image['id'], error, instance=instance)
