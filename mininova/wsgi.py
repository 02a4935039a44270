# SPDX-License-Identifier: Apache-2.0
"""Paste loader and HTTP server of nova-api.  Nova: nova/wsgi.py, nova/api/wsgi.py.

``Router`` lives in ``mininova/api/wsgi.py``, below this module; the name here is where Nova's readers look.
"""
import logging
import os
import sys

from paste import deploy

import mininova.conf
from mininova import exception
from mininova.api import wsgi as api_wsgi

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

Router = api_wsgi.Router


class Loader:
    """Loads WSGI applications from a Paste file.

    :param config_path: path of the file; None takes [wsgi] api_paste_config
    :raises ConfigNotFound: there is no such file
    """

    def __init__(self, config_path=None):
        self.config_path = config_path or find_paste_config()
        if not os.path.exists(self.config_path):
            raise exception.ConfigNotFound(path=self.config_path)

    def load_app(self, name):
        """Return the application of a section, with all that is in front of it.

        A mistake in one part ends the start: no half-built API is ever served.

        :raises PasteAppNotFound: the file has no such section
        """
        try:
            return deploy.loadapp(f'config:{os.path.abspath(self.config_path)}', name=name)
        except LookupError as error:
            LOG.error('%s', error)
            raise exception.PasteAppNotFound(name=name, path=self.config_path) from error


def find_paste_config():
    """Return the path that [wsgi] api_paste_config means.

    A relative name is looked for beside nova.conf, in the tree the program runs from, and where
    installation put it.
    """
    name = CONF.wsgi.api_paste_config
    if os.path.isabs(name):
        return name
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    candidates = [CONF.find_file(name), os.path.join(root, 'etc', 'nova', name),
                  os.path.join(sys.prefix, 'etc', 'nova', name), os.path.join('/etc/nova', name)]
    for path in candidates:
        if path and os.path.exists(path):
            return os.path.abspath(path)
    return name
