# SPDX-License-Identifier: Apache-2.0
"""Making flavors: what a complete one needs besides what its caller says (nova-api, nova-manage).

Nova: nova/compute/flavors.py.
"""
from oslo_utils import strutils, uuidutils

from mininova import exception, objects

MAX_ID_LENGTH = 255


def create(context, name, memory, vcpus, root_gb, ephemeral_gb=0, flavorid=None, swap=0, rxtx_factor=1.0,
           is_public=True,
           description=None, extra_specs=None):
    """Store a flavor and return it.

    :param memory: MiB; swap too
    :param root_gb: GiB; ephemeral_gb too
    :param flavorid: the API's id; None makes one
    :param rxtx_factor: weight of the network in older releases, above 0
    :raises FlavorExists, FlavorIdExists: name or id is taken (409)
    :raises InvalidInput: a value out of its range (400)
    """
    flavorid = uuidutils.generate_uuid() if flavorid in (None, '') else str(flavorid)
    if len(flavorid) > MAX_ID_LENGTH:
        raise exception.InvalidInput(reason=f'the id has more than {MAX_ID_LENGTH} characters')
    if not float(rxtx_factor) > 0:
        raise exception.InvalidInput(reason="'rxtx_factor' must be a number above 0")
    flavor = objects.Flavor(
        context, flavorid=flavorid, name=name.strip(), memory_mb=int(memory), vcpus=int(vcpus), root_gb=int(root_gb),
        ephemeral_gb=int(ephemeral_gb), swap=int(swap), rxtx_factor=float(rxtx_factor),
        is_public=strutils.bool_from_string(is_public, strict=True), description=description,
        extra_specs=extra_specs or {})
    flavor.create()
    return flavor
