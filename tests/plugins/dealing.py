# SPDX-License-Identifier: Apache-2.0
"""``--shard 1/2``: run a part of the tests, so that several processes share the work.

pytest-xdist cannot be used with eventlet: its workers start threads before anything can be patched, and then
wait for ever.  Whole files go to one shard, so that module fixtures are made once, and some folders do.
"""
import collections

# Folders and files whose tests take many times as long as their neighbours: they are dealt out as if they were more.
WEIGHTS = {'whole': 10, 'hosts': 5, 'test_pairs_of_states.py': 60, 'test_odd_values.py': 30, 'test_http_server.py': 3}
# Folders that stay whole: two labs of several hosts at once are too much for two processors.
TOGETHER = {'hosts'}


def pytest_addoption(parser):
    parser.addoption('--shard', metavar='I/N', default='1/1', help='run the I-th of N parts of the tests')


def pytest_collection_modifyitems(config, items):
    mine, total = (int(number) for number in config.getoption('--shard').split('/'))
    if total == 1:
        return
    sizes = collections.Counter()
    for item in items:
        sizes[_unit(item.path)] += WEIGHTS.get(item.path.name) or WEIGHTS.get(item.path.parent.name, 1)
    loads = [0] * total
    wanted = set()
    for path, size in sorted(sizes.items(), key=lambda pair: (-pair[1], str(pair[0]))):
        shard = loads.index(min(loads))
        loads[shard] += size
        if shard == mine - 1:
            wanted.add(path)
    items[:] = [item for item in items if _unit(item.path) in wanted]


def _unit(path):
    """Return what goes to one shard as a whole: a file, or its folder."""
    return path.parent if path.parent.name in TOGETHER else path


def pytest_sessionfinish(session, exitstatus):
    """A shard without a test is no error, unlike a part without one."""
    shard, total = session.config.getoption('--shard').split('/')
    if int(total) > 1 and int(shard) > 1 and exitstatus == 5:
        session.exitstatus = 0
