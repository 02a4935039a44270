# SPDX-License-Identifier: Apache-2.0
"""PCIWeigher: hosts with few free PCI devices first.  Nova: nova/scheduler/weights/pci.py."""
from mininova.scheduler import weights

MAX_DEVS = 100


class PCIWeigher(weights.BaseHostWeigher):
    """Keeps hosts with many free devices for who asks for devices.

    Servers that ask for none stay away from them, and those that ask fill up the hosts where few are left.  Among a
    hundred and more no difference is made.
    """
    option = 'pci_weight_multiplier'

    def weigh(self, host):
        return MAX_DEVS - min(host.free_pci_devices, MAX_DEVS)
