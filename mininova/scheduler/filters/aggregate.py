# SPDX-License-Identifier: Apache-2.0
"""What filters have in common that look at nothing of a host but the metadata of its aggregates."""
from mininova.scheduler import filters


class AggregateFilter(filters.BaseHostFilter):
    """Judges hosts in the same aggregates together."""

    def __init__(self, spec):
        super().__init__(spec)
        self._verdicts = {}

    def judge(self, metadata):
        """Return PASS or a Reason for the hosts of an AggregateMetadata."""
        raise NotImplementedError

    def host_passes(self, host):
        metadata = host.aggregate_metadata
        if metadata not in self._verdicts:
            self._verdicts[metadata] = self.judge(metadata)
        return self._verdicts[metadata]
