# SPDX-License-Identifier: Apache-2.0
"""AggregateImagePropertiesIsolation: no property of the image contradicts the metadata of the host's aggregates.

Nova: nova/scheduler/filters/aggregate_image_properties_isolation.py.
"""
import mininova.conf
from mininova.scheduler import filters
from mininova.scheduler.filters import aggregate

CONF = mininova.conf.CONF


class AggregateImagePropertiesIsolation(aggregate.AggregateFilter):
    """Only what both have is compared: an image without the property, and a host without the key, suit all.

    With aggregate_image_properties_isolation_namespace only keys that begin with it count, namespace included.
    """
    remedy = ("the image's properties (`openstack image show`), or the metadata of the aggregates; [filter_scheduler] "
              'aggregate_image_properties_isolation_namespace')

    def __init__(self, spec):
        super().__init__(spec)
        options = CONF.filter_scheduler
        namespace = options.aggregate_image_properties_isolation_namespace
        prefix = f'{namespace}{options.aggregate_image_properties_isolation_separator}' if namespace else ''
        properties = (spec.image.properties if spec.image is not None else None) or {}
        self.wanted = {key: value for key, value in properties.items() if value and key.startswith(prefix)}
        self.applies = bool(self.wanted)

    def judge(self, metadata):
        for key, wanted in self.wanted.items():
            had = metadata.texts.get(key)
            if had is not None and wanted not in had:
                texts = ', '.join(sorted(had))
                return self.reason(f'for images with {key} = {texts}, this one has {wanted}', f'{key} {wanted}',
                                   texts)
        return filters.PASS
