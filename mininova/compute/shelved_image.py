# SPDX-License-Identifier: Apache-2.0
"""The image that a shelved server was put into, and the marks of shelving in its system metadata (nova-compute,
nova-conductor).

``shelved_image_id`` is written when shelving is accepted, so that whoever ends the server can find the image at any
time.  Nova: _delete_snapshot_of_shelved_instance of nova/compute/manager.py, remove_shelved_keys_from_system_metadata
of nova/compute/utils.py.
"""
from oslo_log import log

from mininova import exception

LOG = log.getLogger(__name__)

AT, IMAGE, HOST = KEYS = ('shelved_at', 'shelved_image_id', 'shelved_host')


def remove(context, instance, image_api):
    """Delete the image of a server that needs it no more; a repeat does nothing.

    :returns: False if the image service could not be asked, and the image is still there
    """
    image_id = instance.system_metadata.get(IMAGE)
    if not image_id:
        return True
    try:
        image_api.delete(context, image_id)
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


def forget(context, instance, image_api):
    """Remove the image and, in memory, all marks of shelving; an image that could not be removed keeps its mark."""
    kept = () if remove(context, instance, image_api) else (IMAGE,)
    if any(instance.system_metadata.get(key) for key in KEYS if key not in kept):
        instance.system_metadata = {key: value for key, value in instance.system_metadata.items()
                                    if key not in KEYS or key in kept}
