# SPDX-License-Identifier: Apache-2.0
"""Periods of usage audits: the last that was over before any moment."""
import datetime

import hypothesis
import pytest
from hypothesis import strategies

from mininova.compute import audit_period

UNITS = ('hour', 'hour@30', 'day', 'day@18', 'month', 'month@15', 'month@31', 'year', 'year@3')


def last(conf, unit, *before):
    conf.config(instance_usage_audit_period=unit)
    return [str(moment) for moment in audit_period.last_completed(datetime.datetime(*before))]


@pytest.mark.parametrize(('unit', 'before', 'begin', 'end'), [
    ('hour', (2026, 3, 15, 12, 20), '2026-03-15 11:00:00', '2026-03-15 12:00:00'),
    ('hour@30', (2026, 3, 15, 12, 20), '2026-03-15 10:30:00', '2026-03-15 11:30:00'),
    ('hour', (2026, 1, 1), '2025-12-31 22:00:00', '2025-12-31 23:00:00'),
    ('day', (2026, 3, 1, 12), '2026-02-28 00:00:00', '2026-03-01 00:00:00'),
    ('day@18', (2026, 3, 1, 12), '2026-02-27 18:00:00', '2026-02-28 18:00:00'),
    ('day@18', (2026, 3, 1, 18), '2026-02-27 18:00:00', '2026-02-28 18:00:00'),
    ('day@18', (2026, 3, 1, 18, 0, 1), '2026-02-28 18:00:00', '2026-03-01 18:00:00'),
    ('month', (2026, 3, 15), '2026-02-01 00:00:00', '2026-03-01 00:00:00'),
    ('month', (2026, 1, 15), '2025-12-01 00:00:00', '2026-01-01 00:00:00'),
    ('month', (2026, 1, 1), '2025-11-01 00:00:00', '2025-12-01 00:00:00'),
    ('month@15', (2026, 1, 10), '2025-11-15 00:00:00', '2025-12-15 00:00:00'),
    ('month@31', (2026, 3, 10), '2026-01-31 00:00:00', '2026-02-28 00:00:00'),
    ('year', (2026, 3, 15), '2025-01-01 00:00:00', '2026-01-01 00:00:00'),
    ('year@3', (2026, 3, 1), '2024-03-01 00:00:00', '2025-03-01 00:00:00'),
    ('year@3', (2026, 3, 2), '2025-03-01 00:00:00', '2026-03-01 00:00:00'),
])
def test_the_last_period_that_is_over(conf, unit, before, begin, end):
    assert last(conf, unit, *before) == [begin, end]


@pytest.mark.parametrize('unit', UNITS)
def test_periods_follow_each_other_without_gap(conf, unit):
    conf.config(instance_usage_audit_period=unit)

    @hypothesis.given(strategies.datetimes(datetime.datetime(4, 1, 1), datetime.datetime(9999, 1, 1)))
    @hypothesis.settings(deadline=None)
    def check(moment):
        begin, end = audit_period.last_completed(moment)
        assert begin < end < moment
        assert audit_period.last_completed(end + datetime.timedelta(microseconds=1)) == (begin, end)
        assert audit_period.last_completed(end)[1] == begin
    check()


@pytest.mark.parametrize('unit', UNITS)
def test_there_is_none_before_the_first_year(conf, unit):
    conf.config(instance_usage_audit_period=unit)
    with pytest.raises(ValueError):
        audit_period.last_completed(datetime.datetime(1, 1, 1))


@pytest.mark.parametrize('wrong', ['week', 'hour@60', 'day@24', 'month@32', 'year@13', 'day@-1', 'day@', 'hour@1x'])
def test_what_is_no_period_is_refused(conf, wrong):
    with pytest.raises(ValueError):
        conf.config(instance_usage_audit_period=wrong)
