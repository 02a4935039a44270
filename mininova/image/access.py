# SPDX-License-Identifier: Apache-2.0
"""Who may see and change an image where no image service decides it (nova-api, nova-compute).

Nova: ``_is_image_available`` of nova/image/glance.py.
"""
from mininova import exception

OPEN = ('public', 'community')


def is_visible(context, image):
    """Tell whether the caller may use an image; one without an owner belongs to all."""
    return context.is_admin or image.get('visibility') in OPEN or image.get('owner') in (None, context.project_id)


def require_owner(context, image):
    """
    :raises ImageNotAuthorized: the image is not the caller's (403)
    """
    if not context.is_admin and image.get('owner') != context.project_id:
        raise exception.ImageNotAuthorized(image_id=image['id'])
