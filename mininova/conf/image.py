# SPDX-License-Identifier: Apache-2.0
"""The [image] and [glance] sections: where images come from.  Nova: nova/conf/glance.py."""
from oslo_config import cfg

IMAGE_OPTS = [
    cfg.StrOpt('backend', default='glance', help="""
Entry point of group `mininova.image.backends`: `glance` asks an image service, `local` reads
`local_path` and needs no other service."""),
    cfg.StrOpt('local_path', default='$state_path/images', help="""
Directory of the `local` backend: per image a file `<id>.json` (its description) beside `<id>` (its bytes)."""),
]

GLANCE_OPTS = [
    cfg.URIOpt('endpoint_override', help="""
URL of the image service, e.g. http://127.0.0.1:9292. Unset: taken from the service catalog of the
identity service named by the authentication options of this section."""),
    cfg.StrOpt('region_name', help="Region whose image endpoint is taken from the catalog."),
    cfg.StrOpt('auth_type', default='password', choices=('password', 'none'), help="How to authenticate."),
    cfg.URIOpt('auth_url', help="Identity service for reading images as the service user."),
    cfg.StrOpt('username', help="Service user."),
    cfg.StrOpt('password', secret=True, help="Password of the service user."),
    cfg.StrOpt('project_name', default='service', help="Project of the service user."),
    cfg.StrOpt('user_domain_name', default='Default', help="Domain of the service user."),
    cfg.StrOpt('project_domain_name', default='Default', help="Domain of the service project."),
    cfg.ListOpt('valid_interfaces', default=['internal', 'public'],
                item_type=cfg.types.String(choices=['internal', 'public', 'admin']), help="""
Which endpoint of a service catalog is taken, the first that there is."""),
    cfg.StrOpt('cafile', help="File with certificates (PEM) that the image service's must be signed by."),
    cfg.BoolOpt('insecure', default=False, help="Accept any certificate; for tests only."),
    cfg.IntOpt('num_retries', default=3, min=0, help="Tries after a failed download or look-up."),
    cfg.IntOpt('timeout', default=60, min=1, help="Seconds without a byte after which a request counts as failed."),
]


def register_opts(conf):
    conf.register_opts(IMAGE_OPTS, group='image')
    conf.register_opts(GLANCE_OPTS, group='glance')


def list_opts():
    return [('image', IMAGE_OPTS), ('glance', GLANCE_OPTS)]
