# SPDX-License-Identifier: Apache-2.0
"""Options that each section of an OpenStack service has: where it is and as whom it is asked.

Nova: nova/conf/utils.py and what keystoneauth registers in these sections.
"""
from oslo_config import cfg


def options(service, roles=''):
    """Return new options for a section.

    :param service: what the help calls the service, e.g. image
    :param roles: what the help says of the service user, e.g. ', who needs the role `admin`'
    """
    return [
        cfg.URIOpt('endpoint_override', help=f"""
URL of the {service} service without version. Unset: taken from the caller's service catalog, or from that of the
identity service of `auth_url`."""),
        cfg.StrOpt('region_name', help=f"Region whose {service} endpoint is taken from the catalog."),
        cfg.StrOpt('auth_type', default='password', choices=('password', 'none'), help="""
How to authenticate: as the service user, or not at all, for a service with `auth_strategy = noauth`, which then needs
`endpoint_override`."""),
        cfg.URIOpt('auth_url', help=f"Identity service for the service user{roles}."),
        cfg.StrOpt('username', help="Service user."),
        cfg.StrOpt('password', secret=True, help="Password of the service user."),
        cfg.StrOpt('project_name', default='service', help="Project of the service user."),
        cfg.StrOpt('user_domain_name', default='Default', help="Domain of the service user."),
        cfg.StrOpt('project_domain_name', default='Default', help="Domain of the service project."),
        cfg.ListOpt('valid_interfaces', default=['internal', 'public'],
                    item_type=cfg.types.String(choices=['internal', 'public', 'admin']), help="""
Which endpoint of a service catalog is taken, the first that there is."""),
        cfg.StrOpt('cafile', help=f"File with certificates (PEM) that the {service} service's must be signed by."),
        cfg.BoolOpt('insecure', default=False, help="Accept any certificate; for tests only."),
        cfg.IntOpt('timeout', default=60, min=1, help="Seconds without a byte after which a request counts as failed."),
    ]
