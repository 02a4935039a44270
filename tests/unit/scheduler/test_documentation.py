# SPDX-License-Identifier: Apache-2.0
"""doc/source/scheduler.rst has a row for everything that can be plugged in, and marks what is enabled by default."""
import importlib.metadata
import pathlib

import pytest

from mininova.conf import scheduler as options
from mininova.scheduler import filters, weights

PAGE = pathlib.Path(__file__).resolve().parents[3] / 'doc' / 'source' / 'scheduler.rst'
ROWS = [line.removeprefix('   * - ') for line in PAGE.read_text(encoding='utf-8').splitlines()
        if line.startswith('   * - ')]


@pytest.mark.parametrize('group', [filters.GROUP, weights.GROUP])
def test_there_is_a_row_for_each(group):
    names = {entry.name for entry in importlib.metadata.entry_points(group=group)}
    assert names <= {row.removesuffix(' *') for row in ROWS}


def test_those_enabled_by_default_are_marked():
    enabled, = (option.default for option in options.FILTER_OPTS if option.name == 'enabled_filters')
    assert sorted(row.removesuffix(' *') for row in ROWS if row.endswith(' *')) == sorted(enabled)


def test_every_filter_has_a_remedy_unless_it_lets_all_pass():
    classes = [entry.load() for entry in importlib.metadata.entry_points(group=filters.GROUP)]
    assert [cls.__name__ for cls in classes if not cls.remedy] == ['AllHostsFilter']
