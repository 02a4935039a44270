# SPDX-License-Identifier: Apache-2.0
"""AggregateInstanceExtraSpecsFilter: the host's aggregates have what the flavor's extra specs ask for.

Nova: nova/scheduler/filters/aggregate_instance_extra_specs.py.
"""
from mininova.scheduler import filters
from mininova.scheduler.filters import aggregate, extra_specs_ops

SCOPE = 'aggregate_instance_extra_specs'


class AggregateInstanceExtraSpecsFilter(aggregate.AggregateFilter):
    """Keys are ``aggregate_instance_extra_specs:ssd``, or unscoped; other scopes are not meant for us.

    One value of one aggregate that meets the requirement is enough.
    """
    remedy = ("the flavor's extra specs (`openstack flavor show`), or an aggregate with this metadata (`openstack "
              'aggregate set --property`)')

    def __init__(self, spec):
        super().__init__(spec)
        self.requirements = []
        for key, requirement in (spec.flavor.extra_specs or {}).items():
            scope, colon, name = key.partition(':')
            if not colon or scope == SCOPE:
                self.requirements.append((name if colon else key, requirement,
                                          extra_specs_ops.compile_requirement(requirement)))
        self.applies = bool(self.requirements)

    def judge(self, metadata):
        for key, requirement, matches in self.requirements:
            had = metadata.texts.get(key)
            if not had:
                return self.reason(f'in no aggregate with {key}', f'{key} {requirement}', None)
            if not any(matches(text) for text in had):
                texts = ', '.join(sorted(had))
                return self.reason(f'in aggregates with {key} = {texts}, wanted {requirement}',
                                   f'{key} {requirement}', texts)
        return filters.PASS
