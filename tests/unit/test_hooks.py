# SPDX-License-Identifier: Apache-2.0
"""Hooks around operations."""
import pytest

from mininova import hooks


@pytest.fixture
def install(monkeypatch):
    def installed(*found):
        monkeypatch.setitem(hooks._loaded, 'act', list(found))
    return installed


class Recorder:
    def __init__(self):
        self.seen = []

    def pre(self, *args, **kwargs):
        self.seen.append(('pre', args, kwargs))

    def post(self, result, *args, **kwargs):
        self.seen.append(('post', result, args, kwargs))


def test_hooks_see_arguments_and_result(install):
    recorder = Recorder()
    install(recorder)
    assert hooks.add_hook('act')(lambda a, b=0: a + b)(1, b=2) == 3
    assert recorder.seen == [('pre', (1,), {'b': 2}), ('post', 3, (1,), {'b': 2})]


def test_hooks_may_ask_for_the_function(install):
    recorder = Recorder()
    install(recorder)

    def act():
        return 'done'
    hooks.add_hook('act', pass_function=True)(act)()
    assert recorder.seen == [('pre', (act,), {}), ('post', 'done', (act,), {})]


def test_a_hook_that_fails_stops_nothing(install, caplog):
    class Broken:
        def pre(self):
            raise ValueError('x')
    install(Broken())
    assert hooks.add_hook('act')(lambda: 'done')() == 'done'
    assert 'going on without it' in caplog.text


def test_a_fatal_hook_stops_the_function(install):
    class Fatal:
        def pre(self):
            raise hooks.FatalHookException('no')
    install(Fatal())
    with pytest.raises(hooks.FatalHookException):
        hooks.add_hook('act')(lambda: pytest.fail('it ran'))()


def test_without_hooks_there_is_only_the_function():
    hooks.reset()
    assert hooks.add_hook('nobody_hooks_here')(lambda: 1)() == 1
