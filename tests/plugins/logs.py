# SPDX-License-Identifier: Apache-2.0
"""A failed test shows the end of the logs of the services it used: of each fixture that has ``logs()``."""
import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed and call.when in ('setup', 'call'):
        for name, fixture in getattr(item, 'funcargs', {}).items():
            if callable(getattr(fixture, 'logs', None)):
                report.sections += [(f'end of the log of {service} ({name})', text)
                                    for service, text in fixture.logs().items() if text.strip()]
    return report
