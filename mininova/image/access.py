# SPDX-License-Identifier: Apache-2.0
"""Who may see and change an image where no image service decides it (nova-api, nova-compute).

Nova: ``_is_image_available`` of nova/image/glance.py.
"""
from mininova import exception

OPEN = ('public', 'community')
# Property of an image that another project made of a server: the server's project, which may use it.
SHARED_WITH = 'instance_owner'


def is_visible(context, image):
    """Tell whether the caller may use an image; one without an owner belongs to all."""
    if context.is_admin or image.get('visibility') in OPEN or image.get('owner') in (None, context.project_id):
        return True
    # (An image service keeps its own list of whom an image is shared with.)
    return (bool(context.project_id) and image.get('visibility') == 'shared'
            and (image.get('properties') or {}).get(SHARED_WITH) == context.project_id)


def require_owner(context, image):
    """
    :raises ImageNotAuthorized: the image is not the caller's (403)
    """
    if not context.is_admin and image.get('owner') != context.project_id:
        raise exception.ImageNotAuthorized(image_id=image['id'])
