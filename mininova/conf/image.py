# SPDX-License-Identifier: Apache-2.0
"""The [image] and [glance] sections: where images come from.  Nova: nova/conf/glance.py."""
from oslo_config import cfg

from mininova.conf import service_auth

IMAGE_OPTS = [
    cfg.StrOpt('backend', default='glance', help="""
Entry point of group `mininova.image.backends`: `glance` asks an image service, `local` reads
`local_path` and needs no other service."""),
    cfg.StrOpt('local_path', default='$state_path/images', help="""
Directory of the `local` backend: per image a file `<id>.json` (its description) beside `<id>` (its bytes)."""),
]

GLANCE_OPTS = [
    *service_auth.options('image'),
    cfg.IntOpt('num_retries', default=3, min=0, help="Tries after a failed download or look-up."),
]


def register_opts(conf):
    conf.register_opts(IMAGE_OPTS, group='image')
    conf.register_opts(GLANCE_OPTS, group='glance')


def list_opts():
    return [('image', IMAGE_OPTS), ('glance', GLANCE_OPTS)]
