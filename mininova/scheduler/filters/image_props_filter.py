# SPDX-License-Identifier: Apache-2.0
"""ImagePropertiesFilter: the host can run the kind of guest that the image is.

Nova: nova/scheduler/filters/image_props_filter.py.  The comparison is in mininova/scheduler/client/image_match.py.
"""
from mininova.scheduler import filters
from mininova.scheduler.client import image_match


class ImagePropertiesFilter(filters.BaseHostFilter):
    """Architecture, hypervisor, machine mode and hypervisor version, against the host's supported_instances."""
    remedy = ("the image's properties (`openstack image show`): hw_architecture, img_hv_type, hw_vm_mode, "
              'img_hv_requested_version')

    def __init__(self, spec):
        super().__init__(spec)
        self.match = image_match.ImageMatch(spec.image)
        self.applies = self.match.applies

    def host_passes(self, host):
        found = self.match.mismatch(host)
        return filters.PASS if found is None else self.reason(*found)
