# SPDX-License-Identifier: Apache-2.0
"""A task of a period is one process's at a time, and done once."""
import datetime

import pytest
from oslo_db import exception as db_exception

from mininova.db import task_log

BEGIN, END = datetime.datetime(2026, 1, 1), datetime.datetime(2026, 2, 1)
KEY = {'task_name': 'audit', 'host': 'cmp1', 'period_beginning': BEGIN, 'period_ending': END}
NEW = {'task_items': 3, 'errors': 0, 'message': 'begun'}


@pytest.fixture
def row(database):
    return task_log.begin(KEY, 'one', NEW)


def test_a_new_task_runs(row):
    assert (row['state'], row['run'], row['marker'], row['task_items']) == ('RUNNING', 'one', None, 3)
    assert task_log.get(KEY)['id'] == row['id']
    assert task_log.get({**KEY, 'host': 'cmp2'}) is None


def test_a_run_that_died_is_taken_up_where_it_was(row):
    assert task_log.write(row['id'], 'one', {'marker': 'm', 'errors': 2})
    again = task_log.begin(KEY, 'two', NEW)
    assert (again['id'], again['run'], again['marker'], again['errors']) == (row['id'], 'two', 'm', 2)


def test_who_lost_it_writes_nothing(row):
    task_log.begin(KEY, 'two', NEW)
    assert not task_log.write(row['id'], 'one', {'errors': 9, 'state': 'DONE'})
    assert (task_log.get(KEY)['state'], task_log.get(KEY)['errors']) == ('RUNNING', 0)


def test_what_is_done_is_done(row):
    assert task_log.write(row['id'], 'one', {'state': 'DONE'})
    assert task_log.begin(KEY, 'one', NEW) is None
    assert task_log.begin(KEY, 'two', NEW) is None
    assert not task_log.write(row['id'], 'one', {'errors': 1})


def test_a_list_is_of_one_period(row):
    task_log.begin({**KEY, 'host': 'aaa'}, 'x', NEW)
    task_log.begin({**KEY, 'period_ending': BEGIN}, 'x', NEW)
    task_log.begin({**KEY, 'task_name': 'other'}, 'x', NEW)
    assert [one['host'] for one in task_log.list_all('audit', BEGIN, END)] == ['aaa', 'cmp1']


def test_of_two_that_insert_at_once_one_has_it(database, monkeypatch):
    def too_late(*args):
        raise db_exception.DBDuplicateEntry(['task_name'])
    monkeypatch.setattr(task_log, '_begin', too_late)
    assert task_log.begin(KEY, 'one', NEW) is None
