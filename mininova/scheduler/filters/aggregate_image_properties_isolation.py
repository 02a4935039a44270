# SPDX-License-Identifier: Apache-2.0
"""AggregateImagePropertiesIsolation: no property of the image contradicts the metadata of the host's aggregates.

Nova: nova/scheduler/filters/aggregate_image_properties_isolation.py.  The comparison is in
mininova/scheduler/client/image_isolation.py.
"""
from mininova.scheduler import filters
from mininova.scheduler.client import image_isolation
from mininova.scheduler.filters import aggregate


class AggregateImagePropertiesIsolation(aggregate.AggregateFilter):
    """An image without the property, and a host without the key, suit all.

    With aggregate_image_properties_isolation_namespace only keys that begin with it count, namespace included.
    """
    remedy = ("the image's properties (`openstack image show`), or the metadata of the aggregates; [filter_scheduler] "
              'aggregate_image_properties_isolation_namespace')

    def __init__(self, spec):
        super().__init__(spec)
        self.isolation = image_isolation.PropertyIsolation(spec.image)
        self.applies = self.isolation.applies

    def judge(self, metadata):
        found = self.isolation.mismatch(metadata.texts)
        return filters.PASS if found is None else self.reason(*found)
