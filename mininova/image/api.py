# SPDX-License-Identifier: Apache-2.0
"""API: images, wherever they come from.  Used by nova-api and nova-compute.  Nova: nova/image/glance.py API.

An image is a dictionary: id, name, status, size (bytes), container_format, disk_format, min_ram (MiB), min_disk (GiB),
owner, visibility, is_public, protected, checksum, created_at, updated_at (times, UTC without zone), deleted and
``properties``, a dictionary of texts with everything else.
"""
import functools

from stevedore import driver

import mininova.conf

CONF = mininova.conf.CONF

NAMESPACE = 'mininova.image.backends'


@functools.cache
def _backend(name):
    """Return the one backend of its name in this process; it keeps connections."""
    return driver.DriverManager(NAMESPACE, name, invoke_on_load=True).driver


class API:
    """Hands each question to the backend of [image] backend, which is loaded on first use."""

    @property
    def _backend(self):
        return _backend(CONF.image.backend)

    def url(self, context):
        """Return the URL of the image service for links, or None if there is none."""
        return self._backend.url(context)

    def get(self, context, image_id):
        """Return one image.

        :raises ImageNotFound: unknown, or not the caller's to see (404)
        :raises ImageNotAuthorized: (403)
        :raises GlanceConnectionFailed: the image service is away (503)
        """
        return self._backend.get(context, image_id)

    def get_all(self, context, filters=None, limit=None, marker=None, sort_key='created_at', sort_dir='desc'):
        """Return images visible to the caller.

        :param filters: {'name', 'status', 'visibility', 'min_ram', 'min_disk', 'property-x', 'changes-since'}: values
            that must be the same; for the last one a time since when the image was changed
        :param marker: id of the last one seen
        :raises MarkerNotFound: (400)
        """
        return self._backend.get_all(context, filters or {}, limit, marker, sort_key, sort_dir)

    def download(self, context, image_id, dest_path):
        """Write an image's bytes to a new file; on failure no file is left.

        They are compared with the size and checksum that the image has, and fetched again if they differ.

        :raises ImageNotFound: unknown, or not the caller's to see (404)
        :raises ImageUnacceptable: it has no data, or not the data it should have (400)
        :raises GlanceConnectionFailed: it could not be fetched completely (503)
        """
        self._backend.download(context, image_id, dest_path)

    def create(self, context, image, data=None):
        """Make an image and return it.

        :param data: its bytes, or a file opened for reading; None if they come later
        """
        return self._backend.create(context, image, data)

    def update(self, context, image_id, image, purge_props=False):
        """Change an image and return it.

        :param purge_props: drop the properties that `image` does not name
        """
        return self._backend.update(context, image_id, image, purge_props)

    def upload(self, context, image_id, image, data, watch=None):
        """Give an image that has no bytes yet its bytes, with what is said of them.

        :param image: fields and properties to set first, e.g. disk_format
        :param data: bytes, or the path of a file
        :param watch: function called about once a second while a file is sent; what it raises ends the upload
        :returns: the image, active
        :raises ImageNotFound: it was removed meanwhile (404)
        :raises GlanceConnectionFailed: it could not be stored (503)
        """
        return self._backend.upload(context, image_id, image, data, watch)

    def delete(self, context, image_id):
        """Remove an image.

        :raises ImageNotFound, ImageNotAuthorized: a protected image is the latter (403)
        """
        self._backend.delete(context, image_id)
