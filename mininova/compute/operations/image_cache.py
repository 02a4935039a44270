# SPDX-License-Identifier: Apache-2.0
"""Images that are fetched before a server needs them.  Nova: ``cache_images`` of nova/compute/manager.py."""
from oslo_log import log

from mininova.compute.operations import base

LOG = log.getLogger(__name__)

EXISTING, CACHED, FAILED, UNSUPPORTED = 'existing', 'cached', 'error', 'unsupported'


class ImageCacheOperations(base.Operations):
    """Fill this host's cache (RPC endpoint); a repeat finds what is there."""

    def cache_images(self, context, image_ids):
        """Return {image id: 'existing', 'cached', 'error' or 'unsupported'}; one that fails hinders no other."""
        return {image_id: self._cache(context, image_id) for image_id in image_ids}

    def _cache(self, context, image_id):
        try:
            return CACHED if self.driver.cache_image(context, image_id) else EXISTING
        except NotImplementedError:
            return UNSUPPORTED
        except Exception as error:
            LOG.error('Image %s could not be put into the cache: %s', image_id, error)
            return FAILED
