# SPDX-License-Identifier: Apache-2.0
"""How a guest is right now.  Nova: InstanceInfo of nova/virt/hardware.py."""
import typing


class InstanceInfo(typing.NamedTuple):
    """How a guest is right now.

    :ivar state: a number of ``mininova.compute.power_state``
    :ivar internal_id: the hypervisor's own id of the running guest, None when it does not run
    """

    state: int
    internal_id: int | None = None
