# SPDX-License-Identifier: Apache-2.0
"""The scheduler as its callers see it.  Nova: nova/scheduler/client/query.py."""
import tenacity

from mininova import rpc
from mininova.scheduler import rpcapi


class SchedulerQueryClient:
    """Asks a scheduler; asks another one when the first does not answer."""

    def __init__(self):
        self.scheduler_rpcapi = rpcapi.SchedulerAPI()

    @tenacity.retry(retry=tenacity.retry_if_exception_type(rpc.MessagingTimeout), stop=tenacity.stop_after_attempt(3),
                    reraise=True)
    def select_destinations(self, context, request_spec, instance_uuids, return_alternates=True):
        """Pick and claim a host for each server (:meth:`SchedulerAPI.select_destinations`).

        A repeat after a lost answer is safe: a claim that stands is found again.
        """
        return self.scheduler_rpcapi.select_destinations(context, request_spec, instance_uuids, return_alternates)
