# SPDX-License-Identifier: Apache-2.0
"""nova-api-metadata: the metadata service of a compute host.  It has no database: conductor has."""
import sys

import mininova.conf
from mininova import rpc, service
from mininova.cmd import common
from mininova.conductor import rpcapi as conductor_rpcapi
from mininova.objects import base as objects_base

CONF = mininova.conf.CONF


@common.readable_errors
def main():
    common.start()
    common.forbid_database()
    # Each worker shall open its own connection to the bus: what asked conductor until now is not inherited.
    rpc.cleanup()
    rpc.init(CONF)
    objects_base.NovaObject.indirection_api = conductor_rpcapi.ConductorAPI()
    server = service.WSGIService('metadata', use_ssl='metadata' in CONF.enabled_ssl_apis)
    service.serve(server, workers=server.workers)
    service.wait()


if __name__ == '__main__':
    sys.exit(main())
