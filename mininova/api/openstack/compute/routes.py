# SPDX-License-Identifier: Apache-2.0
"""The router of the Compute API: finds extensions and checks that the core is complete (nova-api).

Nova: nova/api/openstack/compute/__init__.py and nova/api/openstack/__init__.py as of Newton.
"""
import logging

import stevedore

import mininova.conf
from mininova import exception, policy
from mininova.api.openstack import router

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

NAMESPACE = 'mininova.api.v21.extensions'
# What a Compute API cannot be without; setup.cfg must name an extension with each alias.
CORE_ALIASES = frozenset({'servers', 'flavors', 'os-keypairs', 'limits', 'extensions', 'versions'})


class APIRouterV21(router.APIRouterV21):
    """Leads requests to the resources of all installed extensions."""

    @classmethod
    def factory(cls, global_config, **local_config):
        """Paste app factory."""
        return cls()

    def __init__(self, extensions=None):
        """
        :param extensions: extension classes; None loads the installed ones
        :raises CoreAPIMissing: a core extension is not installed or not allowed
        """
        if extensions is None:
            extensions = installed()
        self.extensions = [extension for extension in extensions if is_allowed(extension.alias)]
        _check_core(self.extensions, offered=extensions)
        policy.init()
        super().__init__(self.extensions)


def installed():
    """Return the installed extensions in the order of their names."""
    return [entry.plugin for entry in _installed()]


def _installed():
    """Load the entry points of extensions in the order of their names."""
    def fail(manager, entry_point, error):
        LOG.error('The API extension %s cannot be loaded: %s', entry_point, error)
        raise error

    manager = stevedore.ExtensionManager(NAMESPACE, on_load_failure_callback=fail)
    return sorted(manager.extensions, key=lambda entry: entry.name)


def is_allowed(alias):
    """Tell whether configuration lets an extension take part."""
    if alias in CONF.osapi_v21.extensions_blacklist:
        LOG.info('Extension %s is not loaded: [osapi_v21] extensions_blacklist names it.', alias)
        return False
    allowed = CONF.osapi_v21.extensions_whitelist
    if allowed and alias not in allowed:
        LOG.info('Extension %s is not loaded: [osapi_v21] extensions_whitelist does not name it.', alias)
        return False
    return True


def _check_core(extensions, offered):
    core = CORE_ALIASES | {extension.alias for extension in offered if extension.is_core}
    missing = core - {extension.alias for extension in extensions}
    if missing:
        hint = '' if offered else ' (none is installed: run `pip install -e .` first)'
        raise exception.CoreAPIMissing(missing_apis=', '.join(sorted(missing)) + hint)
