# SPDX-License-Identifier: Apache-2.0
"""The image that a shelved server is put into, and the marks of shelving in its system metadata (nova-api,
nova-compute, nova-conductor).

``shelved_image_id`` is written before there is an image, so that whoever ends the server finds it at any time; it is
removed after the image is.  Nova: _delete_snapshot_of_shelved_instance of nova/compute/manager.py,
remove_shelved_keys_from_system_metadata of nova/compute/utils.py.
"""
from oslo_log import log

import mininova.context
from mininova import exception
from mininova.compute import server_images

LOG = log.getLogger(__name__)

AT, IMAGE, HOST = KEYS = ('shelved_at', 'shelved_image_id', 'shelved_host')
NAME_LENGTH = 255


def announce(context, instance, image_id, image_api):
    """Mark a server with the image it is going to be put into, and make the image's record; may be repeated.

    :returns: whether the image has its bytes already
    """
    former = instance.system_metadata.get(IMAGE)
    if former and former != image_id:
        remove(context, instance, image_api)
    if former != image_id:
        instance.update_system_metadata({IMAGE: image_id})
    try:
        return image_api.get(context, image_id)['status'] == 'active'
    except exception.ImageNotFound:
        name = f'{instance.display_name[:NAME_LENGTH - len("-shelved")]}-shelved'
        server_images.create(context, image_api, instance, name, server_images.SNAPSHOT, image_id=image_id)
        return False


def discard(context, instance, image_id, image_api):
    """Undo :func:`announce` of a shelving that failed."""
    try:
        if not server_images.discard_unfinished(context, image_api, image_id):
            instance.update_system_metadata(dict.fromkeys(KEYS))
    except exception.NovaException as error:
        LOG.warning('The image %s is left until the server is deleted or shelved again: %s', image_id, error,
                    instance=instance)


def remove(context, instance, image_api):
    """Delete the image of a server that needs it no more; a repeat does nothing.

    :returns: False if the image service could not be asked, and the image is still there
    """
    image_id = instance.system_metadata.get(IMAGE)
    if not image_id:
        return True
    try:
        try:
            image_api.delete(context, image_id)
        except exception.ImageNotAuthorized:
            _delete_as_service(instance, image_id, image_api)
    except exception.ImageNotFound:
        return True
    except exception.ImageNotAuthorized as error:
        LOG.warning('The image %s of the shelved server is left: %s', image_id, error, instance=instance)
        return True
    except exception.NovaException as error:
        LOG.warning('The image %s of the shelved server could not be removed: %s', image_id, error, instance=instance)
        return False
    LOG.info('Removed the image %s of the shelved server.', image_id, instance=instance)
    return True


def _delete_as_service(instance, image_id, image_api):
    """Delete an image that somebody else, an administrator say, made when he shelved the server."""
    service = mininova.context.get_admin_context()
    image = image_api.get(service, image_id)
    if (image.get('properties') or {}).get('instance_uuid') != instance.uuid:
        raise exception.ImageNotAuthorized(image_id=image_id)
    image_api.delete(service, image_id)


def forget(context, instance, image_api):
    """Remove the image of a server that runs again, then the marks; an image that could not be removed keeps its mark.

    To be called after it is written that the server runs: what is asked of the image must not end the server.
    """
    if not any(instance.system_metadata.get(key) for key in KEYS):
        return
    kept = () if remove(context, instance, image_api) else (IMAGE,)
    try:
        instance.update_system_metadata({key: None for key in KEYS if key not in kept})
    except exception.InstanceNotFound:
        LOG.debug('It was deleted meanwhile.', instance=instance)
