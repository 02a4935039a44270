# SPDX-License-Identifier: Apache-2.0
"""MetricsFilter: hosts that report what is weighed."""
from mininova.scheduler import filters
from mininova.scheduler.filters import metrics_filter
from tests.unit.scheduler import states


def reporting(*names):
    return states.state(stats={'metrics': [{'name': name, 'value': 1} for name in names]})


def test_a_host_must_report_every_metric_that_is_weighed(conf):
    conf.config(group='metrics', weight_setting=['cpu.percent=-1', 'cpu.frequency=0.1'])
    tester = metrics_filter.MetricsFilter(states.spec())
    assert tester.host_passes(reporting('cpu.percent', 'cpu.frequency', 'more')) is filters.PASS
    assert tester.host_passes(reporting('cpu.percent')).text == 'does not report cpu.frequency'
    assert tester.host_passes(states.state(stats=None)).text == 'does not report cpu.percent, cpu.frequency'


def test_when_nothing_is_weighed_it_has_no_say(conf):
    assert not metrics_filter.MetricsFilter(states.spec()).applies
    conf.config(group='metrics', weight_setting=['cpu.percent'])
    assert not metrics_filter.MetricsFilter(states.spec()).applies
