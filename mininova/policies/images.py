# SPDX-License-Identifier: Apache-2.0
"""Rules of the /images proxy.  Nova has none any more: the image service decides; the names are Newton's."""
from mininova.policies import base

VIEW = 'os_compute_api:images'
DELETE = 'os_compute_api:images:delete'


def list_rules():
    return [
        base.rule(VIEW, base.RULE_ANY, 'List images that the caller may see, and show one of them.',
                  'GET /images', 'GET /images/detail', 'GET /images/{image_id}', scopes=None),
        base.rule(DELETE, base.RULE_ANY, "Delete an image, if it is the caller's.", 'DELETE /images/{image_id}',
                  scopes=None),
    ]
