# SPDX-License-Identifier: Apache-2.0
"""Rules of the proxy for image properties.  Nova has none: the image service decides."""
from mininova.policies import base

VIEW = 'os_compute_api:image-metadata:view'
CHANGE = 'os_compute_api:image-metadata:change'

_PATH = '/images/{image_id}/metadata'


def list_rules():
    return [
        base.rule(VIEW, base.RULE_ANY, 'Show properties of an image.', f'GET {_PATH}', f'GET {_PATH}/{{key}}',
                  scopes=None),
        base.rule(CHANGE, base.RULE_ANY, "Change properties of an image, if it is the caller's.",
                  f'POST {_PATH}', f'PUT {_PATH}', f'PUT {_PATH}/{{key}}', f'DELETE {_PATH}/{{key}}',
                  scopes=None),
    ]
