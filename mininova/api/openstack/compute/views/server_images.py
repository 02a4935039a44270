# SPDX-License-Identifier: Apache-2.0
"""How an image is shown that is being made of a server.  Nova: the ends of createImage and createBackup."""
import mininova.conf
from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import common, wsgi

CONF = mininova.conf.CONF


def made(req, image, service_url):
    """Return the answer: from 2.45 on a body with the id, before that a Location.

    :param service_url: where the image service is, None if there is none: then the proxy leads to the image
    """
    if versions.is_supported(req, '2.45'):
        return {'image_id': image['id']}
    base = service_url or common.remove_trailing_version_from_href(common.application_url(req))
    href = common.apply_prefix(f'{base}/images/{image["id"]}', CONF.api.glance_link_prefix)
    return wsgi.ResponseObject(None, headers={'Location': href})
