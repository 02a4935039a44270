# SPDX-License-Identifier: Apache-2.0
"""Allocation ratios that aggregates set for their hosts, where AggregateCoreFilter and its like are enabled.

Nova's filters put the limit they worked out into the host state, from where it travels to the claim.  Here the host
state is built with the ratio that counts, so that filters, weighers and what is told of a host agree, and each claim
carries the ratios that are not the host's own (``HostState.ratios``).
"""
from mininova.scheduler import aggregate_metadata


class AggregateRatios:
    """Which ratios count.

    :param bounded: {metadata key: True if the host's own ratio is a bound too, since CoreFilter is enabled besides}
    """

    def __init__(self, bounded=()):
        self.bounded = dict(bounded)

    def of(self, metadata, own):
        """Return {key: ratio} of a host where it is not the host's own.

        :param metadata: AggregateMetadata of the host
        :param own: {key: ratio} as nova-compute reported them
        """
        if metadata is aggregate_metadata.NONE:
            return {}
        found = {}
        for key, bounded in self.bounded.items():
            ratio = metadata.least(key, aggregate_metadata.ratio, None)
            if ratio is not None and ratio != own[key] and not (bounded and own[key] < ratio):
                found[key] = ratio
        return found
