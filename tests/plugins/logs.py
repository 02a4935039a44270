# SPDX-License-Identifier: Apache-2.0
"""A failed test shows the end of the logs of the services it used: of each fixture that has ``logs()``."""
import pytest

# of the fixtures that are set up now; a fixture that fails for another one's services is not in a test's arguments yet
_live = {}


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef):
    value = yield
    if callable(getattr(value, 'logs', None)):
        _live[fixturedef.argname] = value
    return value


def pytest_fixture_post_finalizer(fixturedef):
    _live.pop(fixturedef.argname, None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed and call.when in ('setup', 'call'):
        for name, fixture in _live.items():
            if name in item.fixturenames:
                report.sections += [(f'end of the log of {service} ({name})', text)
                                    for service, text in fixture.logs().items() if text.strip()]
    return report
