# SPDX-License-Identifier: Apache-2.0
"""The periods of usage audits; nova-api and nova-compute.  Nova: last_completed_audit_period of nova/utils.py."""
import calendar
import datetime

from oslo_utils import timeutils

import mininova.conf

CONF = mininova.conf.CONF


def last_completed(before=None):
    """Return (begin, end) of the newest period of [DEFAULT] instance_usage_audit_period that was over.

    :param before: naive datetime, UTC; when it was over; None is now
    :raises ValueError: there is none after the year 1
    """
    unit, _at, offset = CONF.instance_usage_audit_period.partition('@')
    before = before or timeutils.utcnow()
    start, step = PERIODS[unit]
    try:
        end = start(before, int(offset or 0))
        if end >= before:
            end = step(end, int(offset or 0))
        return step(end, int(offset or 0)), end
    except OverflowError as error:
        raise ValueError(str(error)) from None


def current():
    """Return (begin, end) of the period that is not over; it ends now."""
    now = timeutils.utcnow()
    return last_completed(now)[1], now


def _on_day(year, month, offset):
    """Return the day of a month on which a period begins: the last one in a month that is too short."""
    return datetime.datetime(year, month, min(offset or 1, calendar.monthrange(year, month)[1]))


def _month_before(end, offset):
    return _on_day(end.year - (end.month == 1), (end.month - 2) % 12 + 1, offset)


PERIODS = {
    'hour': (lambda now, offset: now.replace(minute=offset, second=0, microsecond=0),
             lambda end, offset: end - datetime.timedelta(hours=1)),
    'day': (lambda now, offset: datetime.datetime(now.year, now.month, now.day, offset),
            lambda end, offset: end - datetime.timedelta(days=1)),
    'month': (lambda now, offset: _on_day(now.year, now.month, offset), _month_before),
    'year': (lambda now, offset: datetime.datetime(now.year, offset or 1, 1),
             lambda end, offset: datetime.datetime(end.year - 1, end.month, 1)),
}
