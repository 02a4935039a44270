# SPDX-License-Identifier: Apache-2.0
"""The chain of filters: the first reason counts, and who has no say is not asked."""
from mininova.scheduler import filters
from mininova.scheduler.filters import core_filter, ram_filter
from tests.unit.scheduler import states


class Never(filters.BaseHostFilter):
    """Must not be asked."""
    applies = False

    def host_passes(self, host):
        raise AssertionError('asked')


def chain(**wanted):
    spec = states.spec(**wanted)
    return [Never(spec), ram_filter.RamFilter(spec), core_filter.CoreFilter(spec)]


def test_each_host_has_the_reason_of_the_first_filter_it_failed():
    fits = states.state(host='fits')
    low, few, both = (states.state(host='low', memory_mb=1), states.state(host='few', vcpus=1),
                      states.state(host='both', memory_mb=1, vcpus=1))
    kept, rejected = filters.run(chain(vcpus=2), [low, fits, few, both])
    assert kept == [fits]
    assert [(host.host, reason.filter) for host, reason in rejected] == [
        ('low', 'RamFilter'), ('both', 'RamFilter'), ('few', 'CoreFilter')]


def test_all_reasons_of_a_host_can_be_had():
    both = states.state(memory_mb=1, vcpus=1)
    assert [reason.filter for reason in filters.all_failures(chain(vcpus=2), both)] == ['RamFilter', 'CoreFilter']
    assert filters.first_failure(chain(vcpus=2), both).filter == 'RamFilter'
    assert filters.first_failure(chain(), states.state()) is filters.PASS
