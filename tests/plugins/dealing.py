# SPDX-License-Identifier: Apache-2.0
"""``--deal FOLDER``: share the tests with the other processes that were given the same empty folder.

Each process takes the next file of tests whenever it is through with one, so that all end at about the same time.
What is taken stands in the folder.  Whole files are dealt, so that module fixtures are made once; some folders stay
together, and the files of some are dealt in pieces.

pytest-xdist cannot be used with eventlet: its workers start threads before anything can be patched, and then wait for
ever.
"""
import collections
import hashlib
import pathlib

import pytest

# How many seconds a test takes, about, where that is far from one: what takes long is dealt first.
SECONDS = {'hosts': 25, 'test_random.py': 80, 'namespaces': 5, 'test_services.py': 10, 'test_lab.py': 20,
           'test_systemd.py': 30, 'whole': .7, 'clients': .2, 'test_pairs_of_states.py': 4, 'test_odd_values.py': 2,
           'test_http_server.py': .3}
USUAL = {'unit': .02, 'functional': .1}
# Folders that stay whole: their files share what takes long to build.
TOGETHER = {'hosts'}
# Folders of long files without such things, and how many tests are a piece of them.
IN_PIECES = {'whole': 12, 'namespaces': 6}


def pytest_addoption(parser):
    parser.addoption('--deal', metavar='FOLDER', type=pathlib.Path, help='share the tests with other processes')


def pytest_runtestloop(session):
    """Run what this process gets; pytest's own loop runs everything."""
    folder = session.config.getoption('--deal')
    if folder is None or session.config.option.collectonly or session.testsfailed:
        return None
    dealt = _deal(session.items, folder)
    item = next(dealt, None)
    while item is not None:
        following = next(dealt, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        item = following
    return True


def _deal(items, folder):
    """Yield the items that this process is the first one to ask for."""
    units, seen = collections.defaultdict(list), collections.Counter()
    for item in items:
        units[_unit(item.path, seen[item.path])].append(item)
        seen[item.path] += 1
    for name, unit in sorted(units.items(), key=lambda entry: (-_seconds(entry[1]), entry[0])):
        # By name, not by place: where another process has collected something else, no file is left out.
        try:
            (folder / hashlib.sha256(name.encode()).hexdigest()).touch(exist_ok=False)
        except FileExistsError:
            continue
        yield from unit


def _unit(path, number):
    """Name what is dealt as a whole: a folder, a file, or a piece of it.

    :param number: place of the test in its file
    """
    folder = path.parent
    if folder.name in TOGETHER:
        return str(folder)
    return f'{path} {number // IN_PIECES[folder.name]}' if folder.name in IN_PIECES else str(path)


def _seconds(unit):
    """Tell how long a unit takes, about."""
    path = unit[0].path
    names = (path.name, *(folder.name for folder in path.parents))
    return len(unit) * next((seconds[name] for seconds in (SECONDS, USUAL) for name in names if name in seconds), 1)


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    folder = config.getoption('--deal')
    if folder is not None and not folder.is_dir():
        raise pytest.UsageError(f'--deal: {folder} is no folder')
