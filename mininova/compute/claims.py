# SPDX-License-Identifier: Apache-2.0
"""A claim on this host as a context manager.  Nova: nova/compute/claims.py.

The claim itself is in the database, made exactly by the scheduler; here it is checked that it is there.
"""
from oslo_log import log

from mininova import exception

LOG = log.getLogger(__name__)


class Claim:
    """Room for one server on this host while it is built; failure gives it back with the server (see give_back)."""

    def __init__(self, instance, spec, nodename, claimed):
        if not claimed:
            raise exception.ComputeResourcesUnavailable(
                reason=f'{nodename} has no room for {spec.flavor.vcpus} VCPUs, '
                       f'{spec.flavor.memory_mb} MB memory '
                       f'and {spec.disk_gb} GB disk{spec.describe_hardware()}')
        LOG.debug('Claimed %s VCPUs, %s MB, %s GB.', spec.flavor.vcpus, spec.flavor.memory_mb, spec.disk_gb,
                  instance=instance)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False
