# SPDX-License-Identifier: Apache-2.0
"""Nothing is skipped in silence, and the runner learns what ran.

A test that needs something real says ``@pytest.mark.needs('rabbit')``.  It is left out only when the user asked for
that: ``./run_tests.sh --without-rabbit`` sets MININOVA_WITHOUT.  Every other skip, and every expected failure, counts
as failed.
The counts of a run go to the file MININOVA_TEST_COUNTS: passed, failed, left out.
"""
import os

import pytest

REAL_PARTS = ('libvirt', 'rabbit', 'mariadb', 'network', 'keystone', 'systemd', 'chromium')
ASKED_FOR = 'left out on request'
COUNTS = pytest.StashKey()


def left_out():
    """Return the real parts that the user wants to do without."""
    return set(os.environ.get('MININOVA_WITHOUT', '').split())


def pytest_configure(config):
    config.addinivalue_line('markers', f'needs(*parts): uses real parts of the machine, of {", ".join(REAL_PARTS)}')
    config.stash[COUNTS] = {'passed': 0, 'failed': 0, 'left out': 0}


def pytest_collection_modifyitems(config, items):
    for item in items:
        for marker in item.iter_markers('needs'):
            unknown = set(marker.args) - set(REAL_PARTS)
            if unknown:
                raise pytest.UsageError(f'{item.nodeid}: needs() does not know {", ".join(sorted(unknown))}')
            missing = sorted(set(marker.args) & left_out())
            if missing:
                item.add_marker(pytest.mark.skip(reason=f'{ASKED_FOR}: {", ".join(missing)}'))


def _refuse(report):
    """Turn an unasked skip or an expected failure into a failure."""
    if not report.skipped and not hasattr(report, 'wasxfail'):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if ASKED_FOR in reason:
        return
    reason = getattr(report, 'wasxfail', None) or reason
    if hasattr(report, 'wasxfail'):
        del report.wasxfail
    report.outcome = 'failed'
    report.longrepr = f'A test may not be skipped, nor expected to fail, without being asked to: {reason}'


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    _refuse(report)
    return report


class _Counter:
    """Counts each test once, by its worst phase."""

    def __init__(self, config):
        self._counts = config.stash[COUNTS]
        self._failed, self._called = set(), set()

    def pytest_runtest_logreport(self, report):
        if report.failed and report.nodeid not in self._failed:
            self._failed.add(report.nodeid)
            self._counts['failed'] += 1
        elif report.skipped:
            self._counts['left out'] += 1
        elif report.when == 'call':
            self._called.add(report.nodeid)
        elif report.when == 'teardown' and report.nodeid in self._called - self._failed:
            self._counts['passed'] += 1

    def pytest_collectreport(self, report):
        if report.failed:
            self._counts['failed'] += 1


def pytest_sessionstart(session):
    session.config.pluginmanager.register(_Counter(session.config), 'mininova-counter')


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    path = os.environ.get('MININOVA_TEST_COUNTS')
    if not path or hasattr(session.config, 'workerinput'):
        return
    counts = session.config.stash[COUNTS]
    with open(path, 'w') as out:
        print(counts['passed'], counts['failed'], counts['left out'], file=out)
