# SPDX-License-Identifier: Apache-2.0
"""nova-conductor: the database gateway of compute hosts and the owner of workflows."""
import os
import sys

import mininova.conf
from mininova import service
from mininova.cmd import common
from mininova.conductor import manager, rpcapi

CONF = mininova.conf.CONF


@common.readable_errors
def main():
    common.start(with_database=True)
    server = service.Service.create('nova-conductor', rpcapi.TOPIC, manager.ConductorManager)
    service.serve(server, workers=CONF.conductor.workers or os.cpu_count())
    service.wait()


if __name__ == '__main__':
    sys.exit(main())
