# SPDX-License-Identifier: Apache-2.0
"""The only door to threads: eventlet by default, native threads with MININOVA_CONCURRENCY=threading.

``mininova/cmd/__init__.py`` calls :func:`choose` before anything else is imported; all other code
asks this module and never imports eventlet or threading itself.  The imports inside functions are the
point of the module: nothing of oslo or eventlet may be loaded before the patch.  Nova: nova/utils.py (spawn,
tpool_execute) and monkey_patch.py.
"""
import contextlib
import functools
import importlib
import os
import queue as queue_module
import stat
import threading
import time
import warnings

MODES = ('eventlet', 'threading')
_mode = None


def choose(mode=None):
    """Select the concurrency mode for this process and patch the standard library when it is eventlet.

    :param mode: 'eventlet', 'threading' or None for $MININOVA_CONCURRENCY (default eventlet)
    :raises ValueError: an unknown mode
    """
    global _mode
    if _mode:
        return
    mode = mode or os.environ.get('MININOVA_CONCURRENCY') or 'eventlet'
    if mode not in MODES:
        raise ValueError(f'MININOVA_CONCURRENCY is {mode!r}; it must be one of {", ".join(MODES)}.')
    if mode == 'eventlet':
        # The deprecation is known (README, "Concurrency"); it must not greet every command.
        warnings.filterwarnings('ignore', module='eventlet')
        warnings.filterwarnings('ignore', message=r'\s*Eventlet is deprecated')
        os.environ.setdefault('EVENTLET_NO_GREENDNS', 'yes')
        import eventlet
        eventlet.monkey_patch()
        _let_writes_fail()
    _mode = mode


def _let_writes_fail():
    """Let a write into a pipe that nobody reads any more raise BrokenPipeError.

    eventlet's own os.write tries again for ever: what feeds a command that ends at once would never return.
    """
    from eventlet import hubs
    from eventlet.green import os as green_os
    original = green_os.__original_write__

    def write(fd, data):
        while True:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                try:
                    hubs.trampoline(fd, write=True)
                except hubs.IOClosed:
                    return 0
            with contextlib.suppress(BlockingIOError):
                return original(fd, data)
    green_os.write = os.write = write


def is_eventlet():
    """Tell whether greenthreads are in use."""
    return _mode == 'eventlet'


def init_service_backend():
    """Tell oslo.service which backend to use; must precede any other import of oslo.service."""
    from oslo_service import backend
    if not backend.get_backend_type():
        kind = backend.BackendType.EVENTLET if is_eventlet() else backend.BackendType.THREADING
        backend.init_backend(kind)


def sleep(seconds):
    """Let others run for at least this many seconds."""
    time.sleep(seconds)


def spawn(function, *args, **kwargs):
    """Run a function beside the caller and return a handle with ``wait()``.

    ``wait()`` returns the function's result or raises what it raised.
    """
    if is_eventlet():
        import eventlet
        return eventlet.spawn(function, *args, **kwargs)
    return _Thread(function, args, kwargs)


class _Thread:
    """A native thread with a greenthread's ``wait()``."""

    def __init__(self, function, args, kwargs):
        self._call = functools.partial(function, *args, **kwargs)
        self._result = self._error = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self._result = self._call()
        except BaseException as error:  # handed to whoever waits
            self._error = error

    def wait(self):
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._result


class Pool:
    """At most `size` functions at the same time; ``spawn`` waits for room."""

    def __init__(self, size):
        self._room = threading.BoundedSemaphore(size)

    def spawn(self, function, *args, **kwargs):
        self._room.acquire()

        def run():
            try:
                return function(*args, **kwargs)
            finally:
                self._room.release()

        try:
            return spawn(run)
        except BaseException:
            self._room.release()
            raise


def native(function, *args, **kwargs):
    """Run a blocking C call (libvirt) without stopping the other greenthreads."""
    if is_eventlet():
        from eventlet import tpool
        return tpool.execute(function, *args, **kwargs)
    return function(*args, **kwargs)


def native_thread(function, *args):
    """Start a real operating system thread, in both modes, for loops of C libraries."""
    if is_eventlet():
        from eventlet import patcher
        thread_class = patcher.original('threading').Thread
    else:
        thread_class = threading.Thread
    thread = thread_class(target=function, args=args, daemon=True)
    thread.start()
    return thread


def original(module_name):
    """Return the unpatched standard module: what a native thread must use."""
    if is_eventlet():
        from eventlet import patcher
        return patcher.original(module_name)
    return importlib.import_module(module_name)


def periodic(spacing, function, initial_delay=None, name=None):
    """Call a function every `spacing` seconds until the returned handle's ``stop()``.

    An exception is logged and does not end the rhythm; a slow run delays the next one.

    :param spacing: seconds, or a function that returns them (so that a reload takes effect)
    :param initial_delay: seconds before the first call; None means one spacing
    """
    return _Periodic(spacing, function, initial_delay, name or getattr(function, '__qualname__', 'task'))


class _Periodic:
    def __init__(self, spacing, function, initial_delay, name):
        self._stopped = threading.Event()
        self._spacing = spacing if callable(spacing) else lambda: spacing
        self._function = function
        self._name = name
        self._delay = self._spacing() if initial_delay is None else initial_delay
        self._worker = spawn(self._loop)

    def _loop(self):
        from oslo_log import log
        logger = log.getLogger(__name__)
        while not self._stopped.wait(self._delay):
            try:
                self._function()
            except Exception:
                logger.exception('Periodic task %s failed; it runs again in %s s.', self._name, self._spacing())
            self._delay = self._spacing()

    def stop(self):
        self._stopped.set()


def semaphore(value=1):
    """Return a counting semaphore of the mode in use."""
    return threading.BoundedSemaphore(value)


def lock():
    """Return a mutual exclusion lock."""
    return threading.RLock()


def event():
    """Return an event with ``set``, ``clear``, ``wait(timeout)`` and ``is_set``."""
    return threading.Event()


def queue(maxsize=0):
    """Return a first-in first-out queue."""
    return queue_module.Queue(maxsize)


def synchronized(name, external=False):
    """Decorate a function so that within this process (or host, if external) it runs once at a time."""
    from oslo_concurrency import lockutils
    return lockutils.synchronized(name, lock_file_prefix='nova-', external=external)
