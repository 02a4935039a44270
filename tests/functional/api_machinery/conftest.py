# SPDX-License-Identifier: Apache-2.0
"""The real Paste pipelines around a small extension; noauth2 unless a test loads another."""
import pytest

from tests.functional.api_machinery import widgets


@pytest.fixture
def load(monkeypatch):
    """Return function(file=None, **options by group) -> client of a freshly loaded API."""
    with widgets.installed(monkeypatch):
        stack = []

        def load_api(file=None, **groups):
            groups.setdefault('api', {}).setdefault('auth_strategy', 'noauth2')
            manager = widgets.configuration(file, **groups)
            manager.__enter__()
            stack.append(manager)
            return widgets.Client(widgets.load())

        yield load_api
        for manager in reversed(stack):
            manager.__exit__(None, None, None)


@pytest.fixture(scope='session')
def _shipped():
    """The API as shipped, with noauth2, loaded once."""
    noauth = widgets.configuration(api={'auth_strategy': 'noauth2'})
    with pytest.MonkeyPatch.context() as patch, widgets.installed(patch), noauth:
        return widgets.load()


@pytest.fixture
def client(_shipped):
    """A client of the API as shipped, with noauth2."""
    with widgets.configuration(is_policy_kept=True):
        yield widgets.Client(_shipped)
