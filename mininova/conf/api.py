# SPDX-License-Identifier: Apache-2.0
"""Options of nova-api: section [api] and [osapi_v21].  Nova: nova/conf/api.py, nova/conf/osapi_v21.py (Mitaka)."""
from oslo_config import cfg

API_OPTS = [
    cfg.StrOpt('auth_strategy', default='keystone', choices=[
        ('keystone', 'tokens of an identity service, checked by keystonemiddleware ([keystone_authtoken])'),
        ('http_basic', 'user names and bcrypt passwords in a file ([oslo_middleware] http_basic_auth_user_file)'),
        ('noauth2', 'no check at all: for one machine and for tests; listens on the loopback address only')], help="""
How callers prove who they are; chooses the pipeline in api-paste.ini.

With noauth2 the name `admin`, or no name at all, is an administrator; see also `insecure_noauth`."""),
    cfg.ListOpt('http_basic_admin_users', default=['admin'], help="""
Users of the http_basic file who are administrators. Every other user is a member of a project that
carries the user's own name. Has no effect with another `auth_strategy`."""),
    cfg.IntOpt('max_limit', default=1000, min=1, help="""
Most records one answer of a list holds. A larger `limit` in a request is cut to this."""),
    cfg.BoolOpt('enable_instance_password', default=True, help="""
Show the administrator's password in the answers to create, rebuild, rescue and evacuate. Turn it off where the
hypervisor cannot set passwords and showing one would mislead."""),
    cfg.StrOpt('response_validation', default='ignore', choices=[
        ('ignore', 'answers are sent as they are'),
        ('warn', 'an answer that does not follow its schema is logged, and sent'),
        ('error', 'it is not sent: the caller gets a 500 that says what is wrong')], help="""
What happens to an answer that does not follow the schema that the API reference shows. Nova's default is `warn`;
comparing costs more than most answers do, and all tests of this software run with `error`."""),
    cfg.URIOpt('compute_link_prefix', schemes=['http', 'https'], help="""
Scheme, host and path that links in answers begin with, e.g. https://cloud.example.org/compute. Set it when
clients reach the API through a proxy whose address the API cannot learn from the request. Unset: the address
the request was sent to."""),
    cfg.URIOpt('glance_link_prefix', schemes=['http', 'https'], help="""
The same for links to images."""),
]

INSECURE_OPT = cfg.BoolOpt('insecure_noauth', default=False, help="""
Let `[api] auth_strategy = noauth2` listen on the configured address even if other machines can reach it. Whoever
can open a connection is then an administrator.""")

V21_OPTS = [
    cfg.ListOpt('extensions_blacklist', default=[], help="""
Aliases of API extensions that are not loaded, e.g. `os-keypairs`. Wins over `extensions_whitelist`. A core
extension that is missing for this reason stops the API at its start (CoreAPIMissing)."""),
    cfg.ListOpt('extensions_whitelist', default=[], help="""
If not empty, only API extensions with these aliases are loaded. All core extensions must be among them."""),
    cfg.StrOpt('project_id_regex', default=r'[0-9a-f\-]+', help="""
What a project id in a URL looks like (a regular expression without anchors). Change it when the identity
service gives out ids that are not hexadecimal. It must match none of the collection names (`servers`)."""),
]


def register_opts(conf):
    conf.register_opts(API_OPTS, group='api')
    conf.register_opts(V21_OPTS, group='osapi_v21')
    try:
        conf.register_cli_opt(INSECURE_OPT)
    except cfg.ArgsAlreadyParsedError:  # privsep-helper reads its command line before it imports our code
        conf.register_opt(INSECURE_OPT)


def list_opts():
    return [('DEFAULT', [INSECURE_OPT]), ('api', API_OPTS), ('osapi_v21', V21_OPTS)]
