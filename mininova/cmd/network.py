# SPDX-License-Identifier: Apache-2.0
"""nova-network: bridges, DHCP and packet rules of one compute host.  It has no database: conductor has.

DHCP servers and bridges stay when it stops, so that guests do not notice.
"""
import sys

from mininova import service
from mininova.cmd import common
from mininova.network import manager, rpcapi


@common.readable_errors
def main():
    common.start()
    common.forbid_database()
    server = service.Service.create('nova-network', rpcapi.NetworkAPI.TOPIC, manager.NetworkManager)
    service.serve(server)
    service.wait()


if __name__ == '__main__':
    sys.exit(main())
