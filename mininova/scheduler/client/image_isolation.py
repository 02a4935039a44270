# SPDX-License-Identifier: Apache-2.0
"""Whether a host is for an image at all: asked by the scheduler for each host, and by nova-api for the host of a server
that shall be rebuilt, which else would be a way past the filters (CVE-2017-16239).

Nova: nova/scheduler/filters/isolated_hosts_filter.py and aggregate_image_properties_isolation.py.
"""
import mininova.conf
from mininova.scheduler.client import image_match

CONF = mininova.conf.CONF


class HostIsolation:
    """Isolated images go to isolated hosts; other images stay away from those, unless the option allows them.

    :param image: objects.ImageMeta or None
    :ivar applies: False if every host is for it
    """

    def __init__(self, image):
        options = CONF.filter_scheduler
        self.hosts = frozenset(options.isolated_hosts)
        self.isolated = image is not None and image.id in options.isolated_images
        self.applies = self.isolated or bool(options.restrict_isolated_hosts_to_isolated_images and self.hosts)

    def mismatch(self, host):
        """Return a Mismatch or None for a host's name."""
        if not self.applies or (host in self.hosts) == self.isolated:
            return None
        if self.isolated:
            return image_match.Mismatch('not among the isolated hosts, where the image belongs', 'isolated',
                                        'not isolated')
        return image_match.Mismatch('for isolated images only', 'not isolated', 'isolated')


class PropertyIsolation:
    """No property of the image contradicts the metadata of a host's aggregates; only what both have is compared.

    :param image: objects.ImageMeta or None
    :ivar applies: False if the image has nothing that could
    """

    def __init__(self, image):
        options = CONF.filter_scheduler
        namespace = options.aggregate_image_properties_isolation_namespace
        prefix = f'{namespace}{options.aggregate_image_properties_isolation_separator}' if namespace else ''
        properties = (image.properties if image is not None else None) or {}
        self.wanted = {key: value for key, value in properties.items() if value and key.startswith(prefix)}
        self.applies = bool(self.wanted)

    def mismatch(self, texts):
        """Return a Mismatch or None for the metadata of aggregates, {key: set of texts}."""
        for key, wanted in self.wanted.items():
            had = texts.get(key)
            if had is not None and wanted not in had:
                allowed = ', '.join(sorted(had))
                return image_match.Mismatch(f'for images with {key} = {allowed}, this one has {wanted}',
                                            f'{key} {wanted}', allowed)
        return None
