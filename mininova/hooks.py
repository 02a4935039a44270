# SPDX-License-Identifier: Apache-2.0
"""Code of others around some of our functions, found by entry points (nova-api).  Nova: nova/hooks.py (until Newton).

A package that wants to act before or after a server is created declares in the group ``mininova.hooks``::

    create_instance = their_package.module:Hook

    class Hook:
        def pre(self, *args, **kwargs): ...                     # arguments of the function
        def post(self, result, *args, **kwargs): ...            # and what it returned

A hook that raises is logged and does not stop the function, unless it raises ``FatalHookException``.  Hooked functions:
``create_instance`` and ``delete_instance`` of mininova.compute.api.API.
"""
import functools

import stevedore.hook
from oslo_log import log

from mininova import concurrency

LOG = log.getLogger(__name__)

NAMESPACE = 'mininova.hooks'

_lock = concurrency.lock()
_loaded = {}


class FatalHookException(Exception):
    """Raised by a hook to stop the function it hangs on."""


def add_hook(name, pass_function=False):
    """Decorate a function so that the hooks of that name run before and after it.

    :param pass_function: give the function itself to the hooks as the first argument
    """
    def decorate(function):
        @functools.wraps(function)
        def hooked(*args, **kwargs):
            hooks = _hooks_of(name)
            given = (function, *args) if pass_function else args
            _run(name, hooks, 'pre', *given, **kwargs)
            result = function(*args, **kwargs)
            _run(name, hooks, 'post', result, *given, **kwargs)
            return result
        return hooked
    return decorate


def reset():
    """Forget the hooks that were found; for tests."""
    _loaded.clear()


def _hooks_of(name):
    found = _loaded.get(name)
    if found is None:
        with _lock:
            manager = stevedore.hook.HookManager(NAMESPACE, name, invoke_on_load=True,
                                                 on_load_failure_callback=_tell_failure)
            found = _loaded[name] = [extension.obj for extension in manager]
    return found


def _tell_failure(manager, entry_point, error):
    LOG.error('The hook %s cannot be loaded and is left out: %s', entry_point, error)


def _run(name, hooks, phase, *args, **kwargs):
    for hook in hooks:
        method = getattr(hook, phase, None)
        if method is None:
            continue
        try:
            method(*args, **kwargs)
        except FatalHookException:
            raise
        except Exception:
            LOG.exception('The %s hook %s of %s failed; going on without it.', phase, type(hook).__name__, name)
