# SPDX-License-Identifier: Apache-2.0
"""nova-compute: the guests of one host.  It has no database: conductor runs its objects' remote methods."""
import sys

from mininova import service
from mininova.cmd import common
from mininova.compute import manager, rpcapi


@common.readable_errors
def main():
    common.start()
    common.forbid_database()
    server = service.Service.create('nova-compute', rpcapi.TOPIC, manager.ComputeManager)
    service.serve(server)
    service.wait()


if __name__ == '__main__':
    sys.exit(main())
