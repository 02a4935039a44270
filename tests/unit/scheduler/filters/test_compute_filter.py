# SPDX-License-Identifier: Apache-2.0
"""ComputeFilter: only hosts whose nova-compute is well."""
import pytest

from mininova.scheduler import filters
from mininova.scheduler.filters import compute_filter
from tests.unit.scheduler import states


def service(**values):
    return {'disabled': False, 'disabled_reason': None, 'forced_down': False, 'age': 1.0, **values}


@pytest.mark.parametrize(('trouble', 'text'), [
    ({'missing': True}, 'has no nova-compute service'),
    (service(disabled=True, disabled_reason='new disk'), 'disabled: new disk'),
    (service(disabled=True), 'disabled'),
    (service(disabled=True, age=500.0), 'disabled'),
    (service(forced_down=True), 'forced down'),
    (service(age=72.4), 'down for 72 s'),
    (service(age=None), 'never came up'),
])
def test_each_trouble_has_its_words(trouble, text):
    reason = compute_filter.ComputeFilter(states.spec()).host_passes(states.state(service=trouble))
    assert (reason.filter, reason.text) == ('ComputeFilter', text)


def test_all_at_once_answers_as_one_by_one():
    hosts = [states.state(id=1), states.state(id=2, service=service(age=90.0)), states.state(id=3)]
    tester = compute_filter.ComputeFilter(states.spec())
    kept, rejected = tester.split(hosts)
    assert kept == [hosts[0], hosts[2]]
    assert rejected == [(hosts[1], tester.host_passes(hosts[1]))]
    assert tester.host_passes(hosts[0]) is filters.PASS
