# SPDX-License-Identifier: Apache-2.0
"""What a monitor is.  Nova: nova/compute/monitors/base.py."""


class MonitorBase:
    """Measures one kind of thing; it lives as long as its nova-compute.

    :param driver: the ComputeDriver
    """

    def __init__(self, driver):
        self.driver = driver

    def measure(self):
        """Return {name of a metric: number}; called with each report of the host's resources."""
        raise NotImplementedError
