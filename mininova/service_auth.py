# SPDX-License-Identifier: Apache-2.0
"""How another OpenStack service is reached: its address, sessions as a caller and as the service user.

Nova: nova/service_auth.py, get_ksa_adapter and get_endpoint of nova/utils.py.

keystoneauth (22 MB, 0.4 s to import) is loaded with this module, and this module only by backends that need it.
"""
from keystoneauth1 import adapter, loading, session, token_endpoint

import mininova.conf
from mininova import concurrency

CONF = mininova.conf.CONF

URL_KEYS = {'internal': 'internalURL', 'public': 'publicURL', 'admin': 'adminURL'}


class Service:
    """One service; its sessions are kept as long as the process lives.

    :param service_type: what catalogs call it, e.g. image
    :param section: of nova.conf, with the options of conf/service_auth.py
    """

    def __init__(self, service_type, section):
        self._type, self._section = service_type, section
        self._lock = concurrency.lock()
        self._plain = self._user = None

    @property
    def _options(self):
        return CONF[self._section]

    def has_user(self):
        """Tell whether the section says how to ask without a caller's token."""
        return self._options.auth_type == 'none' or bool(self._options.auth_url and self._options.username)

    def known_url(self, context):
        """Return the URL that the section or the caller's catalog names, or None."""
        return self._options.endpoint_override or self._from_catalog(context.service_catalog)

    def url(self, context):
        """Return the service's URL, if need be from the service user's catalog, or None.

        :raises keystoneauth1.exceptions.ClientException: the identity service is away or refuses
        """
        url = self.known_url(context)
        if url is None and self.has_user() and self._options.auth_type != 'none':
            url = self._user_session().get_endpoint(
                service_type=self._type, interface=self._options.valid_interfaces,
                region_name=self._options.region_name)
        return url

    def as_caller(self, endpoint, token):
        """Return a client that asks with a caller's own token."""
        return adapter.Adapter(self._plain_session(), auth=token_endpoint.Token(endpoint, token),
                               endpoint_override=endpoint)

    def as_user(self, endpoint):
        """Return a client that asks as the service user, which :meth:`has_user`."""
        return adapter.Adapter(self._user_session(), endpoint_override=endpoint)

    def _plain_session(self):
        with self._lock:
            if self._plain is None:
                self._plain = self._session()
            return self._plain

    def _user_session(self):
        with self._lock:
            if self._user is None:
                self._user = self._session(self._auth())
            return self._user

    def _session(self, auth=None):
        options = self._options
        return session.Session(auth=auth, timeout=options.timeout, verify=options.cafile or not options.insecure)

    def _auth(self):
        options = self._options
        if options.auth_type == 'none':
            return loading.get_plugin_loader('none').load_from_options(endpoint=options.endpoint_override)
        return loading.get_plugin_loader('password').load_from_options(
            auth_url=options.auth_url, username=options.username, password=options.password,
            project_name=options.project_name, user_domain_name=options.user_domain_name,
            project_domain_name=options.project_domain_name)

    def _from_catalog(self, catalog):
        endpoints = [endpoint for entry in catalog if entry.get('type') == self._type
                     for endpoint in entry.get('endpoints', ())
                     if self._options.region_name in (None, endpoint.get('region'))]
        for interface in self._options.valid_interfaces:
            for endpoint in endpoints:
                if endpoint.get(URL_KEYS[interface]):
                    return endpoint[URL_KEYS[interface]]
        return None
