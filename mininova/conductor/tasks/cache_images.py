# SPDX-License-Identifier: Apache-2.0
"""Images that an administrator wants in the caches of an aggregate's hosts.  Nova: ``cache_images`` of
nova/conductor/manager.py.

A few hosts at a time, so that the image service is not overrun.  What a host does not fetch now it fetches when its
first server needs it, so nothing of this is written down.
"""
import collections

from oslo_log import log

import mininova.conf
from mininova import concurrency, objects, rpc, servicegroup
from mininova.compute import rpcapi as compute_rpcapi

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)


class CacheImagesTask:
    """Asks hosts to fetch images."""

    def __init__(self):
        self.compute_rpcapi = compute_rpcapi.ComputeAPI()

    def execute(self, context, aggregate, image_ids):
        """Ask all hosts of an aggregate whose service is up, [image_cache] precache_concurrency at a time."""
        services = objects.ServiceList.get_all(context, binary='nova-compute')
        up = {service.host for service in services if servicegroup.service_is_up(service)}
        down = [host for host in aggregate.hosts if host not in up]
        if down:
            LOG.warning('Images %s are not fetched by hosts that are down: %s', image_ids, ', '.join(down))
        waiting = collections.deque(host for host in aggregate.hosts if host in up)

        def work():
            while waiting:
                self._ask(context, waiting.popleft(), image_ids)
        workers = [concurrency.spawn(work) for _ in range(min(CONF.image_cache.precache_concurrency, len(waiting)))]
        for worker in workers:
            worker.wait()
        LOG.info('The hosts of aggregate %s were asked for images %s', aggregate.id, image_ids)

    def _ask(self, context, host, image_ids):
        try:
            results = self.compute_rpcapi.cache_images(context, host, image_ids)
        except (rpc.MessagingTimeout, rpc.MessagingException) as error:
            LOG.warning('Host %s did not say whether it fetched images %s: %s', host, image_ids, error)
            return
        counts = collections.Counter(results.values())
        LOG.info('Images on host %s: %s', host, ', '.join(f'{count} {result}' for result, count in counts.items()))
