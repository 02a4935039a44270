# SPDX-License-Identifier: Apache-2.0
"""Asks the operator's services what a guest shall be told.  Nova: nova/api/metadata/vendordata_dynamic.py.

keystoneauth (22 MB) is loaded with this module, and this module only when there is a service to ask.
"""
import json

from keystoneauth1 import exceptions, loading, session

import mininova.conf
from mininova import exception
from mininova.conf import vendordata as options

CONF = mininova.conf.CONF

HEADERS = {'Content-Type': 'application/json', 'Accept': 'application/json',
           'User-Agent': 'openstack-nova-vendordata'}
APPLICATION_CREDENTIAL = ('auth_url', 'application_credential_id', 'application_credential_secret')
PASSWORD = ('auth_url', 'username', 'password', 'project_name', 'user_domain_name', 'project_domain_name')

# One session as long as its options stay: it keeps connections and the token.
_sessions = {}


def ask(name, url, question):
    """Send one service what it may want to know of a guest; return its answer, {} for an empty one.

    :raises VendorDataFailed: it cannot be reached, refuses, or answers with something that is no JSON
    """
    timeout = (CONF.api.vendordata_dynamic_connect_timeout, CONF.api.vendordata_dynamic_read_timeout)
    try:
        # log=False: user data may hold secrets, and so may the answer.
        answer = _session().request(url, 'POST', data=json.dumps(question), headers=HEADERS, timeout=timeout, log=False,
                                    verify=CONF.api.vendordata_dynamic_ssl_certfile or True)
        return json.loads(answer.content) if answer.content else {}
    except (exceptions.ClientException, ValueError, TypeError) as error:
        status = getattr(error, 'http_status', None)
        reason = f'{type(error).__name__}{f" ({status})" if status else ""}'
        # Neither the address, which may hold a password, nor what was said.
        raise exception.VendorDataFailed(source=f'service {name}', reason=reason) from None


def _session():
    section = CONF[options.GROUP]
    key = tuple(section[option.dest] for option in options.AUTH_OPTS)
    if key not in _sessions:
        _sessions.clear()
        cert = (section.certfile, section.keyfile) if section.keyfile else section.certfile
        _sessions[key] = session.Session(auth=_auth(section), verify=section.cafile or not section.insecure, cert=cert,
                                         timeout=section.timeout)
    return _sessions[key]


def _auth(section):
    if section.auth_type in (None, 'none'):
        return None
    names = APPLICATION_CREDENTIAL if section.auth_type == 'v3applicationcredential' else PASSWORD
    return loading.get_plugin_loader(section.auth_type).load_from_options(**{name: section[name] for name in names})
