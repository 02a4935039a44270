# SPDX-License-Identifier: Apache-2.0
"""nova-scheduler: chooses and claims a host for each server.  Nova: nova/cmd/scheduler.py."""
import sys

import mininova.conf
from mininova import service
from mininova.cmd import common
from mininova.scheduler import manager, rpcapi

CONF = mininova.conf.CONF


@common.readable_errors
def main():
    common.start(with_database=True)
    server = service.Service.create('nova-scheduler', rpcapi.TOPIC, manager.SchedulerManager)
    service.serve(server, workers=CONF.scheduler.workers or 1)
    service.wait()


if __name__ == '__main__':
    sys.exit(main())
