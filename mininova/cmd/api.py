# SPDX-License-Identifier: Apache-2.0
"""nova-api: one HTTP server for each entry of [DEFAULT] enabled_apis."""
import sys

import mininova.conf
from mininova import service
from mininova.cmd import common

CONF = mininova.conf.CONF


@common.readable_errors
def main(enabled_apis=None):
    """Serve the named APIs, by default all of `enabled_apis`."""
    common.start(with_database=True)
    launcher = None
    apis = enabled_apis or CONF.enabled_apis
    for name in apis:
        server = service.WSGIService(name, use_ssl=name in CONF.enabled_ssl_apis)
        if len(apis) == 1 and server.workers == 1:
            service.serve(server)
            service.wait()
            return 0
        launcher = launcher or service.process_launcher()
        launcher.launch_service(server, workers=server.workers)
    launcher.wait()
    return 0


if __name__ == '__main__':
    sys.exit(main())
