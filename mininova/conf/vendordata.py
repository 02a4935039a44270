# SPDX-License-Identifier: Apache-2.0
"""Options of vendor data: what the operator tells every guest.  Nova: nova/conf/api.py, nova/conf/vendordata.py."""
from oslo_config import cfg

API_OPTS = [
    cfg.ListOpt('vendordata_providers', default=['StaticJSON'],
                item_type=cfg.types.String(choices=['StaticJSON', 'DynamicJSON']), help="""
Where vendor data comes from, in this order. `StaticJSON` is the file of `vendordata_jsonfile_path`, `DynamicJSON` the
services of `vendordata_dynamic_targets`. An empty list gives none. Read by the metadata service and, for config drives,
by nova-compute."""),
    cfg.StrOpt('vendordata_jsonfile_path', help="""
File with a JSON object that every guest finds in vendor_data.json and, under `static`, in vendor_data2.json. It is
read whenever it is told. While it cannot be read both documents are answered with an error, and no server with a config
drive can be built: guests would start without something they are meant to have."""),
    cfg.ListOpt('vendordata_dynamic_targets', default=[], help="""
Services that are asked what a guest shall be told, each as name@url. What a service answers is found in
vendor_data2.json under its name."""),
    cfg.StrOpt('vendordata_dynamic_ssl_certfile', default='', help="""
File with certificates (PEM) that those of the services must be signed by. Empty: those of the system."""),
    cfg.IntOpt('vendordata_dynamic_connect_timeout', default=5, min=3, help="""
Seconds to wait for a service to accept a connection."""),
    cfg.IntOpt('vendordata_dynamic_read_timeout', default=5, min=3, help="""
Seconds to wait for a service's next byte."""),
    cfg.BoolOpt('vendordata_dynamic_failure_fatal', default=False, help="""
Whether a service that fails makes vendor_data2.json an error, and the build of a server with a config drive fail.
False: there is an empty object under its name."""),
]

GROUP = 'vendordata_dynamic_auth'
AUTH_OPTS = [
    cfg.StrOpt('auth_type', choices=('password', 'v3password', 'v3applicationcredential', 'none'), help="""
How requests to vendor data services are signed, so that they can tell them from a stranger's. Unset or `none`: not at
all. `password` and `v3applicationcredential` send a token of the identity service."""),
    cfg.URIOpt('auth_url', help="Identity service that gives the token."),
    cfg.StrOpt('username', help="User whose token is sent."),
    cfg.StrOpt('password', secret=True, help="Password of the user."),
    cfg.StrOpt('project_name', help="Project that the token is for."),
    cfg.StrOpt('user_domain_name', default='Default', help="Domain of the user."),
    cfg.StrOpt('project_domain_name', default='Default', help="Domain of the project."),
    cfg.StrOpt('application_credential_id', help="Application credential, for `v3applicationcredential`."),
    cfg.StrOpt('application_credential_secret', secret=True, help="Secret of the application credential."),
    cfg.StrOpt('cafile', help="File with certificates (PEM) that the identity service's must be signed by."),
    cfg.StrOpt('certfile', help="File with the certificate (PEM) that the services are shown."),
    cfg.StrOpt('keyfile', help="File with the key of `certfile`."),
    cfg.BoolOpt('insecure', default=False, help="Accept any certificate of the identity service; for tests only."),
    cfg.IntOpt('timeout', min=1, help="Seconds without a byte after which a request to the identity service fails."),
]


def register_opts(conf):
    conf.register_opts(API_OPTS, group='api')
    conf.register_opts(AUTH_OPTS, group=GROUP)


def list_opts():
    return [('api', API_OPTS), (GROUP, AUTH_OPTS)]
